/*
 * What is wrong with a configuration, or doubtful, is told with its line.
 */
#include "gateway/config.h"

#include "tests/gateway/config_place.h"
#include "tests/test.h"

/* A sentence reads better whole. */
/* clang-format off */
static const struct {
    const char *row;
    const char *text;
    const char *sentence;
} wrong[] = {
    {"unknown key",                         LINK "link \"b\" {\n  hots = \"h\"\n  host = \"h\" port = 1 system_id = \"s\"\n}\n",
     "t.conf:3: no such option 'hots' in link; did you mean 'hosts'?"},
    {"unknown key after comments",
     "# one\n# two ## with more\n/* three\n four */\n// five\nlog_levle = \"info\"\n",
     "t.conf:6: no such option 'log_levle'; did you mean 'log_level'?"},
    {"unknown key like no other",           "zzzzzz = 1\n",                                                                             "t.conf:1: no such option 'zzzzzz'"},
    {"unknown section",                     "\nlnk \"x\" {\n}\n",
     "t.conf:2: no such option 'lnk'; did you mean 'link'?"},
    {"key of another section",              LISTEN "http { address = \"127.0.0.1:0\"\n  port = 1 }\n",
     "t.conf:3: no such option 'port' in http"},
    {"a place without a port",              "link \"l\" { hosts = {\"h:1\", \"g\"} system_id = \"s\" }\n",
     "t.conf:1: link 'l': hosts must be host:port such as \"smsc2.example:2775\"; not 'g'"},
    {"password no bind can hold",
     "link \"l\" { host = \"h\" port = 1 system_id = \"s\" password = \""
     "12345678901234567890123456789012345678901234567890123456789012345\" }\n",
     "t.conf:1: link 'l': password is longer than 64 characters"},
    {"missing host",                        "\nlink \"l\" { port = 1 system_id = \"s\" }\n",
     "t.conf:2: link 'l': host is required, or hosts alone"},
    {"missing address",                     "listen \"a\" {\n}\n",
     "t.conf:1: listen 'a': address is required"},
    {"number too large",                    "\n\nnode = 1024\n",                                                                        "t.conf:3: node must be between 0 and 1023; not "
                                                                                "1024"},
    {"number too large for 64 bits",        "node = 99999999999999999999\n",
     "t.conf:1: node must be a whole number; not '99999999999999999999'"},
    {"number with a sign",                  "node = -1\n",                                                                              "t.conf:1: node must be a whole number; "
                                                                               "not '-1'"},
    {"duration without a unit",             "drain = 8\n",
     "t.conf:1: drain must be a duration such as \"200ms\", \"45s\", \"5m\", \"24h\" or "
     "\"7d\"; not '8'"},
    {"duration out of range",               "parked_for = \"2h\"\n",
     "t.conf:1: parked_for must be between 1s and 1h; not 2h"},
    {"size out of range",                   "ring = \"1KiB\"\n",
     "t.conf:1: ring must be between 1MiB and 4GiB; not 1KiB"},
    {"word that is no choice",              "log_level = \"loud\"\n",
     "t.conf:1: log_level must be one of debug info warning error; not 'loud'"},
    {"neither true nor false",              "practice = maybe\n",
     "t.conf:1: practice must be true or false; not 'maybe'"},
    {"two values for one",                  "node = {1, 2}\n",                                                                          "t.conf:1: node takes one value"},
    {"set twice",                           "node = 1\n\nnode = 2\n",
     "t.conf:3: 'node' is already set on line 1"},
    {"TLS without a certificate",
     "listen \"s\" {\n  address = \"127.0.0.1:0\"\n  tls { }\n}\n",
     "t.conf:3: tls: certificate and key are required"},
    {"TLS twice",
     "link \"l\" { host = \"h\" port = 1 system_id = \"s\"\n  tls { }\n  tls { }\n}\n",
     "t.conf:3: tls: there is one already, on line 2"},
    {"a certificate without its key",
     "link \"l\" { host = \"h\" port = 1 system_id = \"s\"\n"
     "  tls { certificate = \"t.conf\" }\n}\n",
     "t.conf:2: tls: certificate and key go together"},
    {"a link's setting of a listener's TLS",
     "listen \"s\" {\n  address = \"127.0.0.1:0\"\n"
     "  tls { certificate = \"t.conf\" key = \"t.conf\"\n  ca = \"t.conf\" }\n}\n",
     "t.conf:4: tls: ca is of links; a listener has client_ca"},
    {"a listener's setting of a link's TLS",
     "link \"l\" { host = \"h\" port = 1 system_id = \"s\" tls {\n"
     "  client_ca = \"t.conf\" } }\n",
     "t.conf:2: tls: client_ca is of listeners; a link has ca"},
    {"clients verified by nobody",
     "listen \"s\" {\n  address = \"127.0.0.1:0\"\n"
     "  tls { certificate = \"t.conf\" key = \"t.conf\"\n  verify = \"required\" }\n}\n",
     "t.conf:4: tls: client_ca must name the authorities to verify with"},
    {"revoked clients of nobody",
     "listen \"s\" {\n  address = \"127.0.0.1:0\"\n"
     "  tls { certificate = \"t.conf\" key = \"t.conf\"\n  crl = \"t.conf\" }\n}\n",
     "t.conf:4: tls: crl is of certificates that are verified, and none is"},
    {"an optional operator",
     "link \"l\" { host = \"h\" port = 1 system_id = \"s\" tls {\n"
     "  verify = \"optional\" } }\n",
     "t.conf:2: tls: an operator always shows a certificate: required or no"},
    {"an unknown version of TLS",
     "link \"l\" { host = \"h\" port = 1 system_id = \"s\" tls {\n"
     "  min_version = \"1.1\" } }\n",
     "t.conf:2: tls: min_version must be one of 1.2 1.3; not '1.1'"},
    {"a certificate nobody asks for",
     PRACTICE LINK PLAN LISTEN "account \"x\" { password = \"pw\" plan = \"p\"\n"
     "  client_certificate = \"x.example\" }\n",
     "t.conf:6: account 'x': no listener asks clients for a certificate: none has tls with "
     "client_ca"},
    {"a domain where a name is wanted",
     PRACTICE LINK PLAN "listen \"s\" { address = \"127.0.0.1:0\" tls { certificate = "
     "\"t.conf\" key = \"t.conf\" client_ca = \"t.conf\" } }\n"
     "account \"x\" { password = \"pw\" plan = \"p\"\n"
     "  client_certificate = \".example\" }\n",
     "t.conf:6: account 'x': client_certificate is one name; '.example' would be all below "
     "a domain"},
    {"an operator of a whole domain",
     "link \"l\" { host = \"h\" port = 1 system_id = \"s\" tls {\n"
     "  name = \".example\" } }\n",
     "t.conf:2: tls: name is one name; '.example' would be all below a domain"},
    {"title twice",                         PRACTICE LINK "\n" LINK PLAN ACCOUNT,
     "t.conf:4: link 'l' is there twice; the first is at t.conf:2"},
    {"name with a blank",                   "link \"a b\" { host = \"h\" port = 1 system_id = \"s\" }\n",
     "t.conf:1: link 'a b': a name is of letters, digits, '.', '_' and '-'"},
    {"money with seven decimals",           PRACTICE LINK PLAN
     "account \"x\" { password = \"p\" plan = \"p\" opening = \"1.0000001\" }\n",
     "t.conf:4: account 'x': opening must be an amount such as \"12.50\" with at most six "
     "decimals; not '1.0000001'"},
    {"money too large",                     LINK "price { side = \"sell\" price = \"1000001\" }\n",
     "t.conf:2: price: price must be between 0.000000 and 1000000.000000; not 1000001"},
    {"negative price",                      LINK "price { side = \"sell\" price = \"-1\" }\n",
     "t.conf:2: price: price must be between 0.000000 and 1000000.000000; not -1"},
    {"currency in small letters",           LINK "price { side = \"sell\" price = \"1\" currency = \"eur\" }\n",
     "t.conf:2: price: currency must be three capital letters; not 'eur'"},
    {"prefix with a plus",                  LINK "price { side = \"sell\" price = \"1\" prefix = \"+7\" }\n",
     "t.conf:2: price: prefix is of digits, without '+'; not '+7'"},
    {"price twice",                         LINK PRICE PRICE,
     "t.conf:3: price: the same is priced already, on line 2"},
    {"price twice, and another between",
     LINK PRICE "price { side = \"sell\" price = \"1\" prefix = \"7\" }\nprice { side = \"buy\" price = \"1\" }\n" PRICE,
     "t.conf:5: price: the same is priced already, on line 2"},
    {"buying from an account",              GOOD "price { side = \"buy\" account = \"x\" price = \"1\" }\n",
     "t.conf:7: price: what we buy has no account"},
    {"network with host bits",              PRACTICE LINK PLAN
     "account \"x\" { password = \"p\" plan = \"p\" allow_from = {\"192.0.2.1/24\"} }\n",
     "t.conf:4: account 'x': allow_from must hold networks such as \"192.0.2.0/24\" or "
     "\"2001:db8::/32\"; not '192.0.2.1/24'"},
    {"a network of ours with host bits",    "private_networks = {\"10.0.0.0/8\", \"10.1.0.1/16\"}\n",
     "t.conf:1: private_networks must hold networks such as \"192.0.2.0/24\" or "
     "\"2001:db8::/32\"; not '10.1.0.1/16'"},
    {"authorities that are not there",      "private_ca = \"/nowhere/ca.pem\"\n",
     "t.conf:1: private_ca '/nowhere/ca.pem' cannot be read: No such file or directory"},
    {"address without a port",              "listen \"a\" { address = \"127.0.0.1\" }\n",
     "t.conf:1: listen 'a': address must be host:port such as \"127.0.0.1:2775\" or "
     "\"[::1]:2775\"; not '127.0.0.1'"},
    {"address that is a name",              "listen \"a\" { address = \"localhost:1\" }\n",
     "t.conf:1: listen 'a': address must be numeric, such as 127.0.0.1; not 'localhost'"},
    {"same address twice",
     "listen \"a\" { address = \"127.0.0.1:1\" }\nlisten \"b\" { address = \"127.0.0.1:1\" "
     "}\n",
     "t.conf:2: listen 'b': listen 'a' has this address"},
    {"open to the world in practice",
     PRACTICE "listen \"a\" {\n  address = \"0.0.0.0:2775\"\n}\n",
     "t.conf:3: listen 'a': in practice a listener must be on loopback (127.0.0.1 or ::1); "
     "not on 0.0.0.0"},
    {"HTTP open to the world in practice",  PRACTICE "http { address = \"[::]:8775\" }\n",
     "t.conf:2: http: in practice a listener must be on loopback (127.0.0.1 or ::1); not on "
     "::"},
    {"plain password",                      LINK PLAN "account \"x\" {\n  password = \"hunter22\"\n  plan = \"p\"\n}\n",
     "t.conf:4: account 'x': a plain password is allowed only with 'practice = true'; give "
     "its argon2id hash, as sluice hash-password makes it"},
    {"no password",                         LINK PLAN "account \"x\" { plan = \"p\" }\n",
     "t.conf:3: account 'x': password_hash, password_file or (in practice) password is "
     "required"},
    {"hash that is none",                   LINK PLAN "account \"x\" { password_hash = \"hunter22\" plan = \"p\" }\n",
     "t.conf:3: account 'x': password_hash must be an argon2id hash, as sluice "
     "hash-password makes it"},
    {"password in two ways",
     PRACTICE LINK PLAN
     "account \"x\" { password = \"a\" password_hash = \"$argon2id$\" plan = \"p\" }\n",
     "t.conf:4: account 'x': password_hash does not go with password or password_file"},
    {"password file that is not there",
     PRACTICE LINK PLAN "account \"x\" { password_file = \"nowhere\" plan = \"p\" }\n",
     "t.conf:4: account 'x': password_file './nowhere' cannot be read: No such file or "
     "directory"},
    {"password file that is a device",
     PRACTICE LINK PLAN "account \"x\" { password_file = \"/dev/null\" plan = \"p\" }\n",
     "t.conf:4: account 'x': password_file '/dev/null' is not a file"},
    {"unknown plan",                        PRACTICE LINK PLAN "account \"x\" { password = \"a\" plan = \"q\" }\n",
     "t.conf:4: account 'x': there is no plan 'q'; did you mean 'p'?"},
    {"unknown granted plan",
     PRACTICE LINK PLAN
     "account \"x\" { password = \"a\" plan = \"p\" plans = {\"other\"} }\n",
     "t.conf:4: account 'x': there is no plan 'other'"},
    {"same system_id",
     GOOD "account \"y\" { system_id = \"x\" password = \"a\" plan = \"p\" }\n",
     "t.conf:7: account 'y': account 'x' has the same system_id"},
    {"long system_id",
     GOOD "account \"y\" { system_id = \"sixteen-letters1\" password = \"a\" plan = \"p\" }\n",
     "t.conf:7: account 'y': system_id 'sixteen-letters1' is longer than 15 characters"},
    {"unknown channel",                     LINK "plan \"p\" {\n  step \"a\" { channels = {\"lnk\"} }\n}\n",
     "t.conf:3: step 'a': there is no link or channel 'lnk'; did you mean 'l'?"},
    {"plan without steps",                  "plan \"p\" {\n}\n",
     "t.conf:1: plan 'p': a plan has 1 to 8 steps"},
    {"step without channels",               LINK "plan \"p\" { step \"a\" { } }\n",
     "t.conf:2: step 'a': channels is required"},
    {"first step without within",
     LINK "plan \"p\" {\n step \"a\" { channels = {\"l\"} }\n step \"b\" { channels = "
          "{\"l\"} }\n}\n",
     "t.conf:3: step 'a': within is required; only the last step may leave it to the "
     "deadline"},
    {"reading proved by a link",
     LINK "plan \"p\" { step \"a\" { channels = {\"l\"} until = \"read\" } }\n",
     "t.conf:2: step 'a': 'l' cannot prove reading; it proves delivery at most"},
    {"weight that counts for nothing",      LINK "plan \"p\" { step \"a\" { channels = {\"l:2\"} } }\n",
     "t.conf:2: step 'a': the weight of 'l' counts only with choose = \"weight\""},
    {"weight that is none",
     LINK "plan \"p\" { step \"a\" { channels = {\"l:0\"} choose = \"weight\" } }\n",
     "t.conf:2: step 'a': the weight of 'l' must be 1 to 1000; not '0'"},
    {"report nobody sends",
     "link \"l\" { host = \"h\" port = 1 system_id = \"s\" on_report = {\"lost\"} }\n",
     "t.conf:1: link 'l': on_report takes undelivered, rejected, expired and codes of the "
     "operator; not 'lost'"},
    {"form nobody has",
     "link \"l\" { host = \"h\" port = 1 system_id = \"s\"\n source \"long\" { ton = 1 } }\n",
     "t.conf:2: source 'long': a form is international, national, short or alphanumeric"},
    {"octet that is none",
     "link \"l\" { host = \"h\" port = 1 system_id = \"s\" priority = 256 }\n",
     "t.conf:1: link 'l': priority must be 0 to 255, or as-given; not '256'"},
    {"national numbers of nowhere",
     "link \"l\" { host = \"h\" port = 1 system_id = \"s\"\n destination \"national\" { ton = 2 } "
     "}\n",
     "t.conf:2: destination 'national': national numbers are those of country_code, which is not "
     "said"},
    {"delivery proved by a link without receipts",
     "link \"l\" { host = \"h\" port = 1 system_id = \"s\" receipts = no }\n" PLAN,
     "t.conf:2: step 'a': 'l' cannot prove delivery; it proves acceptance at most"},
    {"link and channel of one name",
     PRACTICE LINK "channel \"l\" { profile = \"lab\" url = \"http://h\" token = \"t\" key = "
                   "\"k\" }\n",
     "t.conf:3: channel 'l': there is a link of this name; a step could mean both"},
    {"profile that is not there",
     "channel \"m\" { profile = \"nowhere\" url = \"https://h\" }\n",
     "./providers/nowhere.conf: cannot be read: No such file or directory"},
    {"profile that leaves its folder",
     "channel \"m\" { profile = \"../lab\" url = \"https://h\" }\n",
     "t.conf:1: channel 'm': profile is the name of a file in the folder 'providers' names"},
    {"channel without its token",
     "channel \"m\" { profile = \"lab\" url = \"https://h\" key = \"k\" }\n",
     "t.conf:1: channel 'm': profile 'lab' needs token or token_file"},
    {"channel without its key",
     "channel \"m\" { profile = \"lab\" url = \"https://h\" token = \"t\" }\n",
     "t.conf:1: channel 'm': profile 'lab' needs key or key_file"},
    {"url that is none",
     "channel \"m\" { profile = \"lab\" url = \"ftp://h\" token = \"t\" key = \"k\" }\n",
     "t.conf:1: channel 'm': url must begin with https:// or http://"},
    {"status that is none",
     "link \"l\" { host = \"h\" port = 1 system_id = \"s\"\n on_status \"ESME_ROK\" { action "
     "= \"fail\" }\n on_status \"busy\" { action = \"fail\" } }\n",
     "t.conf:3: on_status 'busy': a status is a number such as 0x58, a name such as "
     "ESME_RTHROTTLED, or other"},
    {"status twice",
     "link \"l\" { host = \"h\" port = 1 system_id = \"s\"\n on_status \"0x58\" { action = "
     "\"fail\" }\n on_status \"ESME_RTHROTTLED\" { action = \"fail\" } }\n",
     "t.conf:3: on_status 'ESME_RTHROTTLED': this status has a section already"},
    {"retry without delays",
     "link \"l\" { host = \"h\" port = 1 system_id = \"s\"\n on_status \"0x14\" { action = "
     "\"retry\" } }\n",
     "t.conf:2: on_status '0x14': pause takes one or two delays, retry 1 to 8, the others "
     "none"},
    {"delays that are none",
     "link \"l\" { host = \"h\" port = 1 system_id = \"s\"\n on_status \"0x14\" { action = "
     "\"retry\" delays = {\"1s\", \"soon\"} } }\n",
     "t.conf:2: on_status '0x14': delays must be durations such as \"1s\" up to 1d; not "
     "'soon'"},
    {"a column nobody knows",
     "link \"l\" { host = \"h\" port = 1 system_id = \"s\"\n receipt_columns = {\"stat\", "
     "\"when\"} }\n",
     "t.conf:2: link 'l': a column is one of id, stat, done date, submit date, err, text, or - "
     "for what does not matter; not 'when'"},
    {"columns without a state",
     "link \"l\" { host = \"h\" port = 1 system_id = \"s\"\n receipt_columns = {\"id\"} }\n",
     "t.conf:2: link 'l': receipt_columns has no stat"},
    {"a word twice",
     "link \"l\" { host = \"h\" port = 1 system_id = \"s\"\n report_word \"OK\" { is = "
     "\"delivered\" }\n report_word \"ok\" { is = \"sent\" } }\n",
     "t.conf:3: report_word 'ok': this word has a section already"},
    {"a word that is two",
     "link \"l\" { host = \"h\" port = 1 system_id = \"s\"\n report_word \"NO WAY\" { is = "
     "\"failed\" } }\n",
     "t.conf:2: report_word 'NO WAY': a receipt holds no such word"},
    {"a reason nobody knows",
     "link \"l\" { host = \"h\" port = 1 system_id = \"s\"\n report_error \"21b\" { reason = "
     "\"bad_luck\" } }\n",
     "t.conf:2: report_error '21b': there is no reason 'bad_luck'"},
    {"reconnect upside down",
     "link \"l\" { host = \"h\" port = 1 system_id = \"s\"\n reconnect_min = \"2s\" "
     "reconnect_max = \"1s\" }\n",
     "t.conf:2: link 'l': reconnect_max is shorter than reconnect_min"},
    {"language nobody has",
     "link \"l\" { host = \"h\" port = 1 system_id = \"s\"\n languages = {\"turkish\", \"klingon\"} }\n",
     "t.conf:2: link 'l': languages are turkish, spanish, portuguese; not 'klingon'"},
    {"payloads where there are no parameters",
     "link \"l\" { host = \"h\" port = 1 system_id = \"s\" interface_version = \"3.3\"\n split = \"payload\" }\n",
     "t.conf:2: link 'l': SMPP 3.3 has no message_payload; say udh8 or udh16"},
    {"reports of a link that is not there",
     LINK "link \"k\" { host = \"h\" port = 1 system_id = \"s\" bind = \"receiver\"\n reports_of = \"m\" }\n",
     "t.conf:3: link 'k': there is no link 'm'; did you mean 'l'?"},
    {"reports of another link where we send too",
     LINK "link \"k\" { host = \"h\" port = 1 system_id = \"s\"\n reports_of = \"l\" }\n",
     "t.conf:3: link 'k': reports_of is for bind = \"receiver\""},
    {"sender without a name",
     "link \"l\" { host = \"h\" port = 1 system_id = \"s\"\n sender { refuse = true } }\n",
     "t.conf:2: sender: name is required"},
    {"sender refused and replaced",
     "link \"l\" { host = \"h\" port = 1 system_id = \"s\"\n sender { name = \"A\"\n refuse = true becomes = \"B\" } }\n",
     "t.conf:3: sender: what is refused becomes nothing else"},
    {"sender too long",
     "link \"l\" { host = \"h\" port = 1 system_id = \"s\"\n sender { name = \"A\" becomes = \"twenty-one-characters\" } }\n",
     "t.conf:2: sender: a sender has at most 20 characters"},
    {"sender with a plus in its prefix",
     "link \"l\" { host = \"h\" port = 1 system_id = \"s\"\n sender { name = \"A\" prefix = \"+44\" } }\n",
     "t.conf:2: sender: prefix is of digits, without '+'; not '+44'"},
    {"sender twice",
     "link \"l\" { host = \"h\" port = 1 system_id = \"s\"\n sender { name = \"A\" }\n sender { name = \"a\" refuse = true } }\n",
     "t.conf:3: sender: there is a row for the same name, prefix and class"},
    {"network that is no code",             "network \"Telekom\" { prefixes = {\"49\"} }\n",
     "t.conf:1: network 'Telekom': a network is named by its MCC and MNC, 5 or 6 digits such as \"26201\""},
    {"network without numbers",             "network \"26201\" { }\n",
     "t.conf:1: network '26201': prefixes is required"},
    {"network with a plus in its prefixes", "network \"26201\" {\n prefixes = {\"4915\", \"+49\"} }\n",
     "t.conf:2: network '26201': prefixes must hold beginnings of numbers such as \"49151\"; not '+49'"},
    {"two networks with one prefix",
     "network \"26202\" { prefixes = {\"4915\"} }\nnetwork \"26201\" {\n prefixes = {\"49\", \"4915\"} }\n",
     "t.conf:3: network '26201': '4915' is a prefix of network '26202' already"},
    {"a prefix twice in one network",       "network \"26201\" { prefixes = {\"4915\", \"4915\"} }\n",
     "t.conf:1: network '26201': '4915' is a prefix of network '26201' already"},
    {"sender to an unknown network",
     NETWORKS "link \"l\" { host = \"h\" port = 1 system_id = \"s\"\n sender { name = \"A\"\n network = \"26203\" } }\n",
     "t.conf:6: sender: there is no network '26203'; did you mean '26201'?"},
    {"price for an unknown country",
     NETWORKS "price { side = \"buy\" price = \"1\"\n network = {\"26201\", \"263\"} }\n",
     "t.conf:5: price: there is no network '263'; did you mean '262'?"},
    {"rule to a network and a prefix",
     NETWORKS GOOD "rule { plan = \"p\" prefix = \"49\"\n network = \"26201\" }\n",
     "t.conf:11: rule: it says prefix too; one of them"},
    {"sender twice, as a number in two ways",
     "link \"l\" { host = \"h\" port = 1 system_id = \"s\"\n sender { name = \"+44 7900\" }\n sender { name = \"447900\" refuse = true } }\n",
     "t.conf:3: sender: there is a row for the same name, prefix and class"},
    {"sender twice for a network",
     NETWORKS "link \"l\" { host = \"h\" port = 1 system_id = \"s\"\n sender { name = \"A\" network = {\"26201\", \"26202\"} }\n sender { name = \"a\" network = \"26202\" } }\n",
     "t.conf:6: sender: there is a row for the same name, network and class"},
    {"price twice for a network",
     NETWORKS LINK "price { side = \"buy\" price = \"1\" network = \"262\" }\nprice { side = \"buy\" price = \"2\" network = \"262\" }\n",
     "t.conf:6: price: the same is priced already, on line 5"},
    {"destinations of an unknown network",
     NETWORKS PRACTICE LINK PLAN "account \"x\" { password = \"pw\" plan = \"p\"\n destinations = {\"network:26200\"} }\n",
     "t.conf:8: account 'x': there is no network '26200'; did you mean '26201'?"},
    {"content for an unknown account",      GOOD "content \"c\" { account = \"y\" }\n",
     "t.conf:7: content 'c': there is no account 'y'; did you mean 'x'?"},
    {"content with an unknown plan",        GOOD "content \"c\" { plan = \"none\" }\n",
     "t.conf:7: content 'c': there is no plan 'none'"},
    {"content with an empty pattern",       "content \"c\" { text = {\"a\", \"\"} }\n",
     "t.conf:1: content 'c': text must hold 1 to 200 octets each"},
    {"content denied and sent otherwise",
     "content \"c\" { text = {\"a\"}\n class = \"service\" action = \"deny\" }\n",
     "t.conf:2: content 'c': what is denied has neither class nor plan"},
    {"class that is none",
     PRACTICE LINK PLAN "account \"x\" { password = \"a\" plan = \"p\" classes = {\"servce\"} }\n",
     "t.conf:4: account 'x': there is no class 'servce'; did you mean 'service'?"},
    {"two http sections",
     "http { address = \"127.0.0.1:0\" }\nhttp { address = \"127.0.0.1:0\" }\n",
     "t.conf:2: http: there is one already, on line 1"},
    {"token without a value",
     "http { address = \"127.0.0.1:0\"\n token \"t\" { accounts = {\"*\"} } }\n",
     "t.conf:2: token 't': value or value_file is required"},
    {"token for an unknown account",
     "http { address = \"127.0.0.1:0\"\n token \"t\" { value = \"v\" accounts = {\"nobody\"} "
     "} }\n",
     "t.conf:2: token 't': there is no account 'nobody'"},
    {"two tokens alike",
     "http { address = \"127.0.0.1:0\"\n token \"a\" { value = \"v\" accounts = {\"*\"} }\n "
     "token \"b\" { value = \"v\" accounts = {\"*\"} } }\n",
     "t.conf:3: token 'b': token 'a' has the same value"},
    {"rule with an unknown plan",           GOOD "rule { plan = \"none\" }\n",
     "t.conf:7: rule: there is no plan 'none'"},
    {"variable that is not set",            "\nnode = \"${SLUICE_TEST_UNSET}\"\n",
     "t.conf:2: environment variable 'SLUICE_TEST_UNSET' is not set"},
    {"variable not set, without quotes",    "node = ${SLUICE_TEST_UNSET}\n",
     "t.conf:1: environment variable 'SLUICE_TEST_UNSET' is not set"},
    {"variable without its end",            "node = \"${SLUICE\"\n",                                                                    "t.conf:1: '${' without its '}'"},
    {"string without its end",              "\nlog_level = \"info\nnode = 1\n",
     "t.conf:2: the string does not end on the line it begins on"},
    {"unknown escape",                      "log_level = \"\\q\"\n",
     "t.conf:1: '\\q' means nothing; \\\" \\\\ \\n \\r \\t are known"},
    {"semicolon",                           "\nnode = 1;\n",
     "t.conf:2: ';' has no place here; a setting ends where the next begins"},
    {"star without quotes",                 "http { address = \"127.0.0.1:0\"\n token \"t\" { accounts = {*} } }\n",
     "t.conf:2: unexpected '*'; such values need quotes"},
    {"comment never closed", "node = 1\n/* node = 2\n",
     "t.conf:2: this comment is never closed"},
    {"brace never closed",                  "link \"l\" {\n host = \"h\"\n",                                                            "t.conf:1: this '{' is never closed"},
    {"brace never opened",                  "node = 1\n}\n",                                                                            "t.conf:2: unexpected closing brace"},
    {"section without a title",             "\nlink { }\n",                                                                             "t.conf:2: missing title for section 'link'"},
    {"value without a key",                 "= 1\n",                                                                                    "t.conf:1: unexpected token '='"},
    {"include of nothing",                  "\ninclude(\"nowhere.conf\")\n",
     "t.conf:2: there is no file 'nowhere.conf'"},
    {"inbound for nobody",                  GOOD "inbound \"i\" { account = \"y\" }\n",
     "t.conf:7: inbound 'i': there is no account 'y'; did you mean 'x'?"},
    {"inbound without an account",          GOOD "inbound \"i\" { }\n",
     "t.conf:7: inbound 'i': account is required"},
    {"inbound over no link",                GOOD "inbound \"i\" { account = \"x\" link = \"k\" }\n",
     "t.conf:7: inbound 'i': there is no link 'k'; did you mean 'l'?"},
    {"inbound to no number",                GOOD "inbound \"i\" { account = \"x\" to = \"12a\" }\n",
     "t.conf:7: inbound 'i': to is a number such as \"12345\", or how it begins such as \"4479*\"; not '12a'"},
    {"inbound to two prefixes",             GOOD "inbound \"i\" { account = \"x\" to = \"4*4*\" }\n",
     "t.conf:7: inbound 'i': to is a number such as \"12345\", or how it begins such as \"4479*\"; not '4*4*'"},
    {"two words as keyword",                GOOD "inbound \"i\" { account = \"x\" keyword = \"join us\" }\n",
     "t.conf:7: inbound 'i': 'join us' is not one word of at most 32 letters"},
    {"no word to stop",                     GOOD "inbound \"i\" { account = \"x\" stop_words = {\"!\"} }\n",
     "t.conf:7: inbound 'i': '!' is not one word of at most 32 letters"},
    {"webhook of another kind",             GOOD "inbound \"i\" { account = \"x\" webhook = \"ftp://h\" webhook_secret = \"****\" }\n",
     "t.conf:7: inbound 'i': webhook must begin with https:// or http://"},
    {"key that is too short",               GOOD "inbound \"i\" { account = \"x\" webhook = \"http://h\" webhook_secret = \"whsec_AAAA\" }\n",
     "t.conf:7: inbound 'i': webhook_secret is \"whsec_\" and the base64 of 24 to 64 octets"},
    {"a zone by its name",                  PRACTICE LINK PLAN
     "account \"x\" { password = \"p\" plan = \"p\" receipt_zone = \"Europe/Berlin\" }\n",
     "t.conf:4: account 'x': receipt_zone must be UTC or an offset such as \"+03:00\"; not "
     "'Europe/Berlin'"},
    {"a zone that is nowhere",              PRACTICE LINK PLAN
     "account \"x\" { password = \"p\" plan = \"p\" receipt_zone = \"+14:01\" }\n",
     "t.conf:4: account 'x': receipt_zone must be UTC or an offset such as \"+03:00\"; not "
     "'+14:01'"},
    {"dates of an odd size",                PRACTICE LINK PLAN
     "account \"x\" { password = \"p\" plan = \"p\" receipt_date_digits = 11 }\n",
     "t.conf:4: account 'x': receipt_date_digits is 10, 12 or 14; not 11"},
    {"include of itself",                   "include(\"t.conf\")\n",                                                                    "t.conf:1: 't.conf' is included already"},
};
/* clang-format on */

TEST(what_is_wrong_is_told_with_its_line)
{
    struct config_errors errors;

    for (size_t i = 0; i < ROWS(wrong); i++) {
        struct config *config = config_place_load(wrong[i].text, &errors);

        CHECK(config == NULL, wrong[i].row);
        CHECK_STR(errors.lines[0], wrong[i].sentence, wrong[i].row);
        CHECK_EQ(errors.count, 1, wrong[i].row);
    }
}

TEST(several_things_wrong_are_told_together)
{
    struct config_errors errors;

    assert_null(config_place_load("node = 5000\n"
                                  "wrong_one = 1\n"
                                  "link \"l\" { hots = \"h\"\n"
                                  "  port = 70000 }\n"
                                  "drian = \"8s\"\n"
                                  "plan \"p\" { step \"a\" { channels = {\"x\"} } }\n",
                                  &errors));
    assert_int_equal(errors.count, 8);
    CHECK_STR(errors.lines[0], "t.conf:2: no such option 'wrong_one'", "first unknown");
    CHECK_STR(errors.lines[1],
              "t.conf:3: no such option 'hots' in link; did you mean 'hosts'?",
              "second unknown");
    CHECK_STR(errors.lines[2], "t.conf:5: no such option 'drian'; did you mean 'drain'?",
              "third unknown");
    CHECK_STR(errors.lines[3], "t.conf:1: node must be between 0 and 1023; not 5000",
              "range");
    CHECK_STR(errors.lines[4],
              "t.conf:4: link 'l': port must be between 0 and 65535; not 70000", "port");
    CHECK_STR(errors.lines[5], "t.conf:3: link 'l': system_id is required", "missing");
    CHECK_STR(errors.lines[6], "t.conf:3: link 'l': host is required, or hosts alone",
              "of two one");
}

TEST(more_than_twenty_things_wrong_are_counted)
{
    struct config_errors errors;
    char text[4096] = "";

    for (int i = 0; i < 30; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "listen \"l%d\" { }\n",
                 i);
    assert_null(config_place_load(text, &errors));
    assert_int_equal(errors.count, 30);
    CHECK_STR(errors.lines[CONFIG_ERRORS_MAX - 1],
              "t.conf:20: listen 'l19': address is required", "last line");
    memset(text, 0, sizeof(text));
    for (int i = 0; i < 30; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "unknown%d = 1\n", i);
    assert_null(config_place_load(text, &errors));
    assert_true(errors.count >= CONFIG_ERRORS_MAX);
}

/* A sentence reads better whole. */
/* clang-format off */
static const struct {
    const char *row;
    const char *text;
    const char *sentence;
} doubtful[] = {
    {"plain passwords in practice", GOOD,
     "t.conf:1: practice: plain passwords are in use; never let real traffic in"},
    {"no price",
     LINK PLAN LISTEN
     "account \"x\" { password_hash = \"$argon2id$v=19$\" plan = \"p\" }\nprice { side = "
     "\"buy\" price = \"1\" }\n",
     "t.conf:2: step 'a': no sell price in EUR for account 'x' on 'l'; the step is skipped "
     "for it"},
    {"price in another currency",
     LINK PLAN LISTEN
     "account \"x\" { password_hash = \"$argon2id$v=19$\" plan = \"p\" currency = \"KZT\" "
     "}\n" PRICE,
     "t.conf:2: step 'a': no sell price in KZT for account 'x' on 'l'; the step is skipped "
     "for it"},
    {"a price nobody would ever pay",
     LISTEN LINK PLAN PRICE "account \"x\" { password_hash = \"$argon2id$\" plan = \"p\" }\n"
     "price { side = \"sell\" channel = \"l\" on = \"read\" price = \"1\" }\n",
     "t.conf:6: price: 'l' cannot prove that something was read: it is never billed"},
    {"nothing listens",             LINK,
     "t.conf: nothing listens: there is neither a listen nor an http section"},
    {"token for nobody",
     "http { address = \"127.0.0.1:0\"\n token \"t\" { value = \"v\" } }\n",
     "t.conf:2: token 't': it may act for no account; accounts = {\"*\"} is all"},
    {"token that was printed",
     "http { address = \"127.0.0.1:0\"\n token \"t\" { value = \"****\" accounts = {\"*\"} } }\n",
     "t.conf:2: token 't': value is masked; nobody knows it"},
    {"reports that anybody may write",
     LISTEN "providers = \".\" channel \"m\" { profile = \"own\" url = \"https://h\" }\n",
     "t.conf:2: channel 'm': its reports are not signed: whoever can reach the hook is "
     "believed"},
    {"url in the clear",            LISTEN CHANNEL,
     "t.conf:2: channel 'm': url is not encrypted; the token and every text can be read on "
     "the way"},
    {"transmitter that expects receipts",
     LISTEN "link \"l\" { host = \"h\" port = 1 system_id = \"s\" bind = \"transmitter\" }\n",
     "t.conf:2: link 'l': a transmitter hears no receipts; say receipts = false, or have "
     "a receiver with reports_of = \"l\""},
    {"inbound that is never reached",
     LISTEN LINK PLAN PRICE "account \"x\" { password_hash = \"$argon2id$\" plan = \"p\" }\n"
     "inbound \"i\" { to = \"44*\" account = \"x\" }\ninbound \"j\" { to = \"447\" keyword = \"a\" account = \"x\" }\n",
     "t.conf:7: inbound 'j': inbound 'i' before it takes all of its messages"},
    {"a window that is never full",
     LISTEN LINK PLAN PRICE
     "account \"x\" { password_hash = \"$argon2id$\" plan = \"p\"\n  window = 1301 }\n",
     "t.conf:6: account 'x': window has no effect above 1300: of more submits the answers "
     "would not fit into what is kept for a client that does not read"},
    {"links that cut texts in their own ways",
     LISTEN LINK
     "link \"m\" { host = \"h\" port = 1 system_id = \"s\" split = \"udh16\" }\n"
     "plan \"p\" {\n  step \"a\" { channels = {\"l\", \"m\"} } }\n",
     "t.conf:5: step 'a': link 'm' gets long texts as link 'l' has them: the links of a plan "
     "share the languages of the first one in its last step, and those of a step its split"},
    {"posts that nobody can check",
     LISTEN LINK PLAN PRICE "account \"x\" { password_hash = \"$argon2id$\" plan = \"p\" }\n"
     "inbound \"i\" { account = \"x\" webhook = \"https://h\" }\n",
     "t.conf:6: inbound 'i': without webhook_secret nobody can tell our posts from those of others"},
};
/* clang-format on */

TEST(what_is_doubtful_is_told_and_loads)
{
    struct config_errors errors;

    config_place_write("own.conf", "auth = \"none\" body = \"x\" proves = \"delivered\"\n"
                                    "report_id = \"id\" report_status = \"status\"\n"
                                    "word \"ok\" { is = \"delivered\" }\n"
                                    "answer { status = {200} verdict = \"OK\" }\n");
    for (size_t i = 0; i < ROWS(doubtful); i++) {
        struct config *config = config_place_load(doubtful[i].text, &errors);

        CHECK(config != NULL, doubtful[i].row);
        CHECK_EQ(errors.warning_count, 1, doubtful[i].row);
        CHECK_STR(errors.warnings[0], doubtful[i].sentence, doubtful[i].row);
        config_free(config);
    }
}

TEST(a_file_that_is_not_there_says_so)
{
    struct config_errors errors;

    assert_null(config_load("absent.conf", &errors));
    CHECK_STR(errors.lines[0], "absent.conf: cannot be read: No such file or directory",
              "");
    assert_null(config_load(".", &errors));
    assert_int_equal(errors.count, 1);
}

#define TEST_IN_FOLDER(name)                                                               \
    cmocka_unit_test_setup_teardown(name, config_place_enter, config_place_leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_FOLDER(what_is_wrong_is_told_with_its_line),
        TEST_IN_FOLDER(several_things_wrong_are_told_together),
        TEST_IN_FOLDER(more_than_twenty_things_wrong_are_counted),
        TEST_IN_FOLDER(what_is_doubtful_is_told_and_loads),
        TEST_IN_FOLDER(a_file_that_is_not_there_says_so),
    };

    return RUN_ALL(tests);
}
