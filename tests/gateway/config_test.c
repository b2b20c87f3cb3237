/*
 * The configuration: what is wrong is told with its line, the lab is what it promises to
 * be, and what is printed loads again.
 */
#include "gateway/config.h"

#include <arpa/inet.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "gateway/config_value.h"
#include "gateway/profile.h"
#include "tests/test.h"

/* Every test runs in a folder of its own, with the tree's profiles at hand. */
struct place {
    char folder[64];
    char source[PATH_MAX];
};

static int enter_folder(void **state)
{
    struct place *place = calloc(1, sizeof(*place));
    const char *source = getenv("SLUICE_SOURCE");
    char providers[PATH_MAX + 32];

    if (place == NULL || realpath(source != NULL ? source : ".", place->source) == NULL)
        return -1;
    snprintf(place->folder, sizeof(place->folder), "/tmp/sluice-config-XXXXXX");
    if (mkdtemp(place->folder) == NULL || chdir(place->folder) != 0)
        return -1;
    snprintf(providers, sizeof(providers), "%s/conf/providers", place->source);
    *state = place;
    return symlink(providers, "providers");
}

static int leave_folder(void **state)
{
    struct place *place = *state;
    static const char *const left[] = {"providers", "t.conf", "u.conf", "secret",
                                       "own.conf"};

    for (size_t i = 0; i < ROWS(left); i++)
        (void)unlink(left[i]);
    if (chdir(place->source) != 0)
        return -1;
    (void)rmdir(place->folder);
    free(place);
    return 0;
}

static void write_text(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* Loads the text as t.conf; NULL and sentences as config_load() does. */
static struct config *load_text(const char *text, struct config_errors *errors)
{
    write_text("t.conf", text);
    return config_load("t.conf", errors);
}

#define PRACTICE "practice = true\n"
#define LINK     "link \"l\" { host = \"127.0.0.1\" port = 1 system_id = \"s\" }\n"
#define CHANNEL                                                                            \
    "channel \"m\" { profile = \"lab\" url = \"http://127.0.0.1:1\" token = \"t\" "        \
    "key = \"k\" }\n"
#define PLAN    "plan \"p\" { step \"a\" { channels = {\"l\"} } } destinations = {\"*\"}\n"
#define ACCOUNT "account \"x\" { password = \"pw\" plan = \"p\" }\n"
#define LISTEN  "listen \"smpp\" { address = \"127.0.0.1:0\" }\n"
#define PRICE   "price { side = \"sell\" price = \"0.05\" }\n"
#define NETWORKS                                                                           \
    "network \"26201\" { prefixes = {\"4915\", \"49171\"} name = \"One\" }\n"                \
    "network \"26202\" { prefixes = {\"49152\", \"491571\"} }\n"                             \
    "network \"23415\" { prefixes = {\"447\"} }\n"
#define GOOD    PRACTICE LINK PLAN ACCOUNT LISTEN PRICE

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
    {"buying from an account",              GOOD "price { side = \"buy\" account = \"x\" price = \"1\" }\n",
     "t.conf:7: price: what we buy has no account"},
    {"network with host bits",              PRACTICE LINK PLAN
     "account \"x\" { password = \"p\" plan = \"p\" allow_from = {\"192.0.2.1/24\"} }\n",
     "t.conf:4: account 'x': allow_from must hold networks such as \"192.0.2.0/24\" or "
     "\"2001:db8::/32\"; not '192.0.2.1/24'"},
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
     "its argon2id hash"},
    {"no password",                         LINK PLAN "account \"x\" { plan = \"p\" }\n",
     "t.conf:3: account 'x': password_hash, password_file or (in practice) password is "
     "required"},
    {"hash that is none",                   LINK PLAN "account \"x\" { password_hash = \"hunter22\" plan = \"p\" }\n",
     "t.conf:3: account 'x': password_hash must be an argon2id hash"},
    {"password in two ways",
     PRACTICE LINK PLAN
     "account \"x\" { password = \"a\" password_hash = \"$argon2id$\" plan = \"p\" }\n",
     "t.conf:4: account 'x': password_hash does not go with password or password_file"},
    {"password file that is not there",
     PRACTICE LINK PLAN "account \"x\" { password_file = \"nowhere\" plan = \"p\" }\n",
     "t.conf:4: account 'x': password_file './nowhere' cannot be read: No such file or "
     "directory"},
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
        struct config *config = load_text(wrong[i].text, &errors);

        CHECK(config == NULL, wrong[i].row);
        CHECK_STR(errors.lines[0], wrong[i].sentence, wrong[i].row);
        CHECK_EQ(errors.count, 1, wrong[i].row);
    }
}

TEST(several_things_wrong_are_told_together)
{
    struct config_errors errors;

    assert_null(load_text("node = 5000\n"
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
    assert_null(load_text(text, &errors));
    assert_int_equal(errors.count, 30);
    CHECK_STR(errors.lines[CONFIG_ERRORS_MAX - 1],
              "t.conf:20: listen 'l19': address is required", "last line");
    memset(text, 0, sizeof(text));
    for (int i = 0; i < 30; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "unknown%d = 1\n", i);
    assert_null(load_text(text, &errors));
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
    {"nothing listens",             LINK,
     "t.conf: nothing listens: there is neither a listen nor an http section"},
    {"token for nobody",
     "http { address = \"127.0.0.1:0\"\n token \"t\" { value = \"v\" } }\n",
     "t.conf:2: token 't': it may act for no account; accounts = {\"*\"} is all"},
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

    for (size_t i = 0; i < ROWS(doubtful); i++) {
        struct config *config = load_text(doubtful[i].text, &errors);

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

TEST(variables_take_their_values_and_their_defaults)
{
    struct config_errors errors;
    struct config *config;

    setenv("SLUICE_TEST_PORT", "4711", 1);
    config = load_text("listen \"a\" { address = \"127.0.0.1:${SLUICE_TEST_PORT}\" }\n"
                       "node = ${SLUICE_TEST_NODE:-7}\n",
                       &errors);
    assert_non_null(config);
    assert_int_equal(config->listens[0].address.port, 4711);
    assert_int_equal(config->node, 7);
    config_free(config);
}

TEST(included_files_are_one_with_the_first)
{
    struct config_errors errors;
    struct config *config;

    write_text("u.conf", "# of its own\n" LINK);
    config =
        load_text("include(\"u*.conf\")\ninclude(\"none*.conf\")\n" LISTEN PLAN, &errors);
    assert_non_null(config);
    assert_int_equal(config->link_count, 1);
    config_free(config);

    write_text("u.conf", "\nlink \"l\" { port = 1 system_id = \"s\" }\n");
    assert_null(load_text("include(\"u.conf\")\n", &errors));
    CHECK_STR(errors.lines[0], "u.conf:2: link 'l': host is required, or hosts alone",
              "its own lines");

    write_text("u.conf", "\n" LINK);
    assert_null(load_text("include(\"u.conf\")\n" LINK, &errors));
    CHECK_STR(errors.lines[0],
              "u.conf:2: link 'l' is there twice; the first is at t.conf:2", "both named");
}

TEST(secrets_come_from_files)
{
    struct config_errors errors;
    struct config *config;

    write_text("secret", "$argon2id$v=19$m=19456,t=2,p=1$salt$hash\nsecond line\n");
    config = load_text(LINK PLAN LISTEN PRICE
                       "account \"x\" { password_file = \"secret\" plan = \"p\" }\n",
                       &errors);
    assert_non_null(config);
    assert_null(config->accounts[0].password);
    CHECK_STR(config->accounts[0].password_hash, "$argon2id$v=19$m=19456,t=2,p=1$salt$hash",
              "first line");
    config_free(config);
    write_text("secret", "\n");
    assert_null(load_text("link \"l\" { host = \"h\" port = 1 system_id = \"s\" "
                          "password_file = \"secret\" }\n",
                          &errors));
    CHECK_STR(errors.lines[0], "t.conf:1: link 'l': the first line of './secret' is empty",
              "empty");
}

TEST(statuses_without_a_row_have_their_defaults)
{
    struct config_errors errors;
    struct config *config =
        load_text("link \"l\" { host = \"h\" port = 1 system_id = \"s\"\n"
                  "  on_status \"0x14\" { action = \"next\" } }\n" LISTEN,
                  &errors);
    const struct config_link *link;

    assert_non_null(config);
    link = &config->links[0];
    assert_int_equal(config_link_on_status(link, 0x14)->action, CONFIG_ACTION_NEXT);
    assert_int_equal(config_link_on_status(link, 0x58)->action, CONFIG_ACTION_PAUSE);
    assert_int_equal(config_link_on_status(link, 0x58)->delays_ms[0], 1000);
    assert_int_equal(config_link_on_status(link, 0x0B)->action, CONFIG_ACTION_NEXT);
    assert_int_equal(config_link_on_status(link, 0x401)->action, CONFIG_ACTION_FAIL);
    config_free(config);
}

/* Of a link without an on_status section. */
TEST(a_status_of_an_operator_means_what_most_mean_by_it)
{
    static const struct {
        uint32_t status;
        enum config_action action;
        size_t count;
        int64_t delays_s[5];
    } rows[] = {
        {0x08, CONFIG_ACTION_RETRY, 5, {30, 30, 30, 30, 30}},
        {0x0A, CONFIG_ACTION_NEXT,  0, {0}                 },
        {0x14, CONFIG_ACTION_RETRY, 4, {5, 15, 45, 135}    },
        {0x45, CONFIG_ACTION_RETRY, 3, {60, 60, 60}        },
        {0x58, CONFIG_ACTION_PAUSE, 2, {1, 30}             },
        {0x64, CONFIG_ACTION_RETRY, 5, {30, 30, 30, 30, 30}},
        {0x65, CONFIG_ACTION_FAIL,  0, {0}                 },
        {0x66, CONFIG_ACTION_FAIL,  0, {0}                 },
        {0x67, CONFIG_ACTION_RETRY, 3, {60, 60, 60}        },
        {0x94, CONFIG_ACTION_FAIL,  0, {0}                 },
        {0xFE, CONFIG_ACTION_RETRY, 3, {60, 60, 60}        },
        {0xFF, CONFIG_ACTION_RETRY, 3, {60, 60, 60}        },
    };
    struct config_errors errors;
    struct config *config = load_text(
        "link \"l\" { host = \"h\" port = 1 system_id = \"s\" }\n" LISTEN, &errors);

    assert_non_null(config);
    for (size_t i = 0; i < ROWS(rows); i++) {
        const struct config_on_status *row =
            config_link_on_status(&config->links[0], rows[i].status);
        char name[16];

        snprintf(name, sizeof(name), "0x%02x", rows[i].status);
        CHECK_EQ(row->action, rows[i].action, name);
        CHECK_EQ(row->delay_count, rows[i].count, name);
        for (size_t n = 0; n < rows[i].count; n++)
            CHECK_EQ(row->delays_ms[n], rows[i].delays_s[n] * 1000, name);
    }
    config_free(config);
}

TEST(receipts_of_a_link_are_read_as_its_sections_say)
{
    struct config_errors errors;
    struct config *config = load_text(
        "link \"l\" { host = \"h\" port = 1 system_id = \"s\" unmarked_receipts = true\n"
        "  receipt_columns = {\"stat\", \"done date\", \"-\", \"err\", \"id\"}\n"
        "  report_word \"BLIST\" { is = \"failed\" reason = \"blocked\" }\n"
        "  report_word \"OK\" { is = \"delivered\" }\n"
        "  report_error \"0219\" { reason = \"quota\" } }\n" LISTEN,
        &errors);
    const struct config_link *link;

    assert_non_null(config);
    link = &config->links[0];
    assert_true(link->receipt_form.unmarked);
    assert_int_equal(link->receipt_form.column_count, 5);
    assert_int_equal(link->receipt_form.columns[1], SMPP_COLUMN_DONE);
    assert_int_equal(link->receipt_form.columns[4], SMPP_COLUMN_ID);
    assert_int_equal(link->report_word_count, 2);
    assert_int_equal(link->report_words[0].reason, REASON_BLOCKED);
    assert_int_equal(link->report_words[1].is, PROFILE_DELIVERED);
    assert_string_equal(link->report_errors[0].error, "219");
    assert_int_equal(link->report_errors[0].reason, REASON_QUOTA);
    config_free(config);
}

TEST(networks_hold_their_addresses)
{
    struct config_errors errors;
    uint8_t inside[16] = {[10] = 0xFF, [11] = 0xFF, 192, 0, 2, 200};
    uint8_t beside[16] = {[10] = 0xFF, [11] = 0xFF, 192, 0, 3, 1};
    uint8_t six[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
    uint8_t host[16] = {[10] = 0xFF, [11] = 0xFF, 10, 0, 0, 1};
    struct config *config = load_text(
        LINK PLAN "account \"x\" { password_hash = \"****\" plan = \"p\" allow_from = "
                  "{\"192.0.2.0/24\", \"2001:db8::/33\", \"10.0.0.1\", \"::/0\"} }\n",
        &errors);
    const struct config_network *networks;

    assert_non_null(config);
    networks = config->accounts[0].allow_from;
    assert_true(config_network_contains(&networks[0], inside));
    assert_false(config_network_contains(&networks[0], beside));
    assert_true(config_network_contains(&networks[1], six));
    six[4] = 0x80;
    assert_false(config_network_contains(&networks[1], six));
    assert_true(config_network_contains(&networks[2], host));
    host[15] = 2;
    assert_false(config_network_contains(&networks[2], host));
    assert_true(config_network_contains(&networks[3], host));
    config_free(config);
}

TEST(a_network_ends_where_its_bits_say)
{
    static const struct {
        const char *row;
        const char *network;
        const char *address;
        bool inside;
    } rows[] = {
        {"every IPv4 address",          "0.0.0.0/0",            "255.255.255.255",        true },
        {"no IPv6 address in it",       "0.0.0.0/0",            "2001:db8::1",            false},
        {"the one host",                "192.0.2.7",            "192.0.2.7",              true },
        {"beside the one host",         "192.0.2.7/32",         "192.0.2.6",              false},
        {"the last of two",             "192.0.2.6/31",         "192.0.2.7",              true },
        {"after the last of two",       "192.0.2.6/31",         "192.0.2.8",              false},
        {"the last of 32 K",            "10.128.0.0/17",        "10.128.127.255",         true },
        {"after them",                  "10.128.0.0/17",        "10.128.128.0",           false},
        {"an IPv4 address mapped",      "192.0.2.0/24",         "::ffff:192.0.2.9",       true },
        {"an IPv4 network mapped",      "::ffff:192.0.2.0/120", "192.0.2.9",              true },
        {"IPv4 in its old form",        "192.0.2.0/24",         "::192.0.2.9",            false},
        {"the last of an IPv6 network", "2001:db8::/32",        "2001:db8:ffff::ffff:ff", true },
        {"after it",                    "2001:db8::/32",        "2001:db9::",             false},
        {"the last of two, IPv6",       "2001:db8::6/127",      "2001:db8::7",            true },
        {"after the last of two, IPv6", "2001:db8::6/127",      "2001:db8::8",            false},
        {"anybody",                     "::/0",                 "192.0.2.1",              true },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct config_network network;
        uint8_t address[16] = {[10] = 0xFF, [11] = 0xFF};

        CHECK(config_network_parse(rows[i].network, &network), rows[i].row);
        if (inet_pton(AF_INET, rows[i].address, address + 12) != 1)
            CHECK_EQ(inet_pton(AF_INET6, rows[i].address, address), 1, rows[i].row);
        CHECK_EQ(config_network_contains(&network, address), rows[i].inside, rows[i].row);
    }
}

static struct config *load_lab(void **state)
{
    const struct place *place = *state;
    struct config_errors errors;
    char path[PATH_MAX + 32];
    struct config *config;

    snprintf(path, sizeof(path), "%s/conf/lab.conf", place->source);
    config = config_load(path, &errors);
    if (config == NULL)
        fail_msg("%s", errors.lines[0]);
    return config;
}

TEST(the_lab_listens_where_it_says)
{
    struct config *lab = load_lab(state);

    assert_true(lab->practice);
    assert_int_equal(lab->listen_count, 1);
    CHECK_STR(lab->listens[0].address.host, "127.0.0.1", "smpp");
    assert_int_equal(lab->listens[0].address.port, 2775);
    CHECK_STR(lab->http.address.host, "127.0.0.1", "http");
    assert_int_equal(lab->http.address.port, 8775);
    assert_int_equal(lab->http.token_count, 1);
    CHECK_STR(lab->http.tokens[0].value, "lab-token", "token");
    assert_int_equal(lab->http.tokens[0].scope, CONFIG_SCOPE_ADMIN);
    assert_true(lab->http.tokens[0].all_accounts);
    config_free(lab);
}

TEST(the_lab_has_its_four_accounts)
{
    static const struct {
        const char *name;
        const char *plan;
        int64_t opening_micro;
        uint32_t binds, tps, burst;
    } rows[] = {
        {"sms",     "sms",                1000000000000, 16, 0,  0 },
        {"cascade", "messenger-then-sms", 1000000000000, 16, 0,  0 },
        {"poor",    "sms",                1000000,       64, 0,  0 },
        {"slow",    "sms",                1000000000000, 16, 10, 10},
    };
    struct config *lab = load_lab(state);

    assert_int_equal(lab->account_count, ROWS(rows));
    for (size_t i = 0; i < ROWS(rows); i++) {
        int index = config_find_account(lab, rows[i].name);
        const struct config_account *account = &lab->accounts[index];

        CHECK(index >= 0, rows[i].name);
        CHECK_STR(account->system_id, rows[i].name, rows[i].name);
        CHECK_STR(account->password, "secret08", rows[i].name);
        CHECK_STR(lab->plans[account->plan].name, rows[i].plan, rows[i].name);
        CHECK_EQ(account->opening_micro, rows[i].opening_micro, rows[i].name);
        CHECK_EQ(account->credit_micro, 0, rows[i].name);
        CHECK_EQ(account->binds, rows[i].binds, rows[i].name);
        CHECK_EQ(account->tps, rows[i].tps, rows[i].name);
        CHECK_EQ(account->burst, rows[i].burst, rows[i].name);
        CHECK_EQ(account->window, 1000, rows[i].name);
        CHECK_EQ(account->class, CONFIG_TRANSACTIONAL, rows[i].name);
        CHECK_EQ(account->default_alphabet, CONFIG_GSM0338, rows[i].name);
        CHECK_EQ(account->accepted_as, CONFIG_AS_ACCEPTD, rows[i].name);
        CHECK_EQ(account->late_charge, CONFIG_LATE_CHARGE, rows[i].name);
        CHECK(account->receipt_tlvs, rows[i].name);
        CHECK_STR(account->currency, "EUR", rows[i].name);
    }
    config_free(lab);
}

TEST(the_labs_link_behaves_as_it_says)
{
    struct config *lab = load_lab(state);
    const struct config_link *link = &lab->links[0];
    const struct config_on_status *full = config_link_on_status(link, 0x14);
    const struct config_on_status *throttled = config_link_on_status(link, 0x58);

    assert_int_equal(lab->link_count, 1);
    CHECK_STR(link->name, "smsc", "name");
    CHECK_STR(link->address.host, "127.0.0.1", "host");
    assert_int_equal(link->address.port, 2785);
    CHECK_STR(link->system_id, "sluice", "system_id");
    CHECK_STR(link->password, "sluice", "password");
    assert_false(link->adapt_rate);
    assert_false(link->adapt_window);
    assert_int_equal(link->bind, CONFIG_TRANSCEIVER);
    assert_int_equal(link->connections, 4);
    assert_int_equal(link->window, 256);
    assert_int_equal(link->tps, 0);
    assert_int_equal(link->id_rule, CONFIG_ID_AS_IS);
    assert_int_equal(link->default_alphabet, CONFIG_GSM0338);
    assert_int_equal(link->reconnect_min_ms, 200);
    assert_int_equal(link->reconnect_max_ms, 1000);
    assert_int_equal(link->already_bound_wait_ms, 0);
    assert_int_equal(link->bind_timeout_ms, 5000);
    assert_int_equal(link->response_timeout_ms, 5000);
    assert_int_equal(link->enquire_link_ms, 10000);
    assert_int_equal(link->in_doubt_wait_ms, 2000);
    assert_int_equal(link->in_doubt_resends, 1);
    assert_int_equal(link->grace_ms, 1000);
    assert_true(link->receipts);
    assert_int_equal(throttled->action, CONFIG_ACTION_PAUSE);
    assert_int_equal(throttled->delays_ms[0], 1000);
    assert_int_equal(full->action, CONFIG_ACTION_RETRY);
    assert_int_equal(full->delay_count, 3);
    assert_int_equal(full->delays_ms[0], 1000);
    assert_int_equal(full->delays_ms[1], 2000);
    assert_int_equal(full->delays_ms[2], 4000);
    assert_int_equal(config_link_on_status(link, 0x45)->action, CONFIG_ACTION_FAIL);
    assert_int_equal(config_link_on_status(link, 0x0B)->action, CONFIG_ACTION_FAIL);
    config_free(lab);
}

TEST(the_labs_messenger_and_plans_are_as_it_says)
{
    struct config *lab = load_lab(state);
    const struct config_channel *messenger = &lab->channels[0];
    const struct config_plan *sms = &lab->plans[config_find_plan(lab, "sms")];
    const struct config_plan *both =
        &lab->plans[config_find_plan(lab, "messenger-then-sms")];

    assert_int_equal(lab->channel_count, 1);
    CHECK_STR(messenger->name, "messenger", "name");
    CHECK_STR(messenger->profile_name, "lab", "profile");
    CHECK_STR(messenger->url, "http://127.0.0.1:9785/send", "url");
    CHECK_STR(messenger->token, "lab", "token");
    CHECK_STR(messenger->key, "lab-hook", "key");
    assert_int_equal(messenger->timeout_ms, 1000);
    assert_int_equal(messenger->suspend_ms, 2000);
    assert_int_equal(messenger->profile->proves, CONFIG_READ);

    assert_int_equal(lab->plan_count, 2);
    assert_false(sms->collects);
    assert_int_equal(sms->step_count, 1);
    assert_int_equal(sms->deadline_ms, 24 * 3600 * 1000);
    assert_true(sms->steps[0].ways[0].is_link);
    assert_int_equal(sms->steps[0].until, CONFIG_DELIVERED);
    assert_int_equal(sms->steps[0].within_ms, 24 * 3600 * 1000);

    assert_true(both->collects);
    assert_int_equal(both->collect_within_ms, 3000);
    assert_int_equal(both->deadline_ms, 24 * 3600 * 1000);
    assert_int_equal(both->step_count, 2);
    CHECK_STR(both->steps[0].name, "messenger", "first step");
    assert_false(both->steps[0].ways[0].is_link);
    assert_int_equal(both->steps[0].until, CONFIG_DELIVERED);
    assert_int_equal(both->steps[0].within_ms, 2000);
    assert_int_equal(both->steps[0].enter_within_ms, 2000);
    CHECK_STR(both->steps[1].name, "sms", "second step");
    assert_true(both->steps[1].ways[0].is_link);
    config_free(lab);
}

TEST(the_labs_prices_are_as_it_says)
{
    static const struct config_price rows[] = {
        {.side = CONFIG_SELL,
         .unit = CONFIG_PER_PART,
         .billed = CONFIG_ON_ACCEPTED,
         .price_micro = 50000},
        {.side = CONFIG_BUY,
         .unit = CONFIG_PER_PART,
         .billed = CONFIG_ON_ACCEPTED,
         .price_micro = 30000},
        {.side = CONFIG_SELL,
         .unit = CONFIG_PER_MESSAGE,
         .billed = CONFIG_ON_DELIVERED,
         .price_micro = 10000},
        {.side = CONFIG_BUY,
         .unit = CONFIG_PER_MESSAGE,
         .billed = CONFIG_ON_DELIVERED,
         .price_micro = 6000 },
    };
    struct config *lab = load_lab(state);

    assert_int_equal(lab->price_count, ROWS(rows));
    for (size_t i = 0; i < ROWS(rows); i++) {
        const struct config_price *price = &lab->prices[i];

        assert_int_equal(price->side, rows[i].side);
        assert_int_equal(price->unit, rows[i].unit);
        assert_int_equal(price->billed, rows[i].billed);
        assert_int_equal(price->price_micro, rows[i].price_micro);
        assert_int_equal(price->channel.is_link, i < 2);
        assert_int_equal(price->class, CONFIG_ANY_CLASS);
        assert_true(price->any_account);
        CHECK_STR(price->prefix, "", "every destination");
        CHECK_STR(price->currency, "EUR", "currency");
    }
    config_free(lab);
}

/* What is printed, in memory of the caller's. */
static char *printed(const struct config *config)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    config_print(config, out);
    fclose(out);
    return text;
}

static void check_prints_as_it_loads(struct config *config, const char *row)
{
    char *first = printed(config);
    struct config_errors errors;
    struct config *again;
    char *second;

    config_free(config);
    again = load_text(first, &errors);
    if (again == NULL)
        fail_msg("%s: %s", row, errors.lines[0]);
    second = printed(again);
    CHECK_STR(second, first, row);
    config_free(again);
    free(first);
    free(second);
}

/* What is granted follows from what is told, and else from the plans. */
TEST(an_account_has_its_own_class_and_those_it_is_granted)
{
    static const struct {
        const char *row;
        const char *account; /* what it says besides */
        uint8_t classes;
    } rows[] = {
        {"its own",                "",                                        1    },
        {"another own",            "class = \"service\"",                     2    },
        {"and of its plans",       "plans = {\"q\"}",                         1 | 4},
        {"told, not of its plans", "plans = {\"q\"} classes = {\"service\"}", 1 | 2},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct config_errors errors;
        struct config *config;
        char text[1024];

        snprintf(
            text, sizeof(text),
            PRACTICE LINK PLAN
            "plan \"q\" { class = \"advertising\" step \"a\" { channels = {\"l\"} } }\n"
            "account \"x\" { password = \"pw\" plan = \"p\" %s }\n" LISTEN PRICE,
            rows[i].account);
        config = load_text(text, &errors);
        CHECK(config != NULL, rows[i].row);
        CHECK_EQ(config->accounts[0].classes, rows[i].classes, rows[i].row);
        config_free(config);
    }
}

/* The digits of a row's beginnings, each with how it was said: "4915p 4916n". */
static void beginnings_of(const struct config_reach *reach, char *out, size_t size)
{
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < reach->count && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s%c", i > 0 ? " " : "",
                                 reach->beginnings[i].digits,
                                 "pnc"[reach->beginnings[i].said_by]);
}

TEST(a_row_with_a_network_is_one_for_each_of_its_prefixes)
{
    static const struct {
        const char *row;
        const char *said;
        const char *beginnings;
    } rows[] = {
        {"nothing said",                 "",                                 "p"                },
        {"no network at all",            "network = {}",                     "p"                },
        {"a prefix",                     "prefix = \"4915\"",                "4915p"            },
        {"inside another's",             "network = \"26202\"",              "49152n 491571n"   },
        {"around what is another's",     "network = \"26201\"",
         "49150n 49151n 49153n 49154n 49155n 49156n 491570n 491572n 491573n 491574n "
         "491575n 491576n 491577n 491578n 491579n 49158n 49159n 49171n"                       },
        {"all of a country",             "network = \"262\"",
         "4915c 49152c 491571c 49171c"                                                        },
        {"a country and a network",      "network = {\"234\", \"26202\"}",
         "447c 49152n 491571n"                                                                },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct config_errors errors;
        struct config *config;
        char text[512], beginnings[256];

        snprintf(text, sizeof(text),
                 NETWORKS "price { side = \"buy\" price = \"1\" %s }\n", rows[i].said);
        config = load_text(text, &errors);
        CHECK(config != NULL, errors.lines[0]);
        beginnings_of(&config->prices[0].reach, beginnings, sizeof(beginnings));
        CHECK_STR(beginnings, rows[i].beginnings, rows[i].row);
        config_free(config);
    }
}

TEST(a_number_is_of_the_network_with_the_longest_prefix)
{
    static const struct {
        const char *digits;
        const char *code; /* NULL: none */
    } rows[] = {
        {"4915112345678", "26201"},
        {"4915212345678", "26202"},
        {"4915712345678", "26202"},
        {"4915702345678", "26201"},
        {"4917112345678", "26201"},
        {"4917212345678", NULL   },
        {"447700900123",  "23415"},
        {"44",            NULL   },
        {"",              NULL   },
    };
    struct config_errors errors;
    struct config *config = load_text(NETWORKS, &errors);

    assert_non_null(config);
    for (size_t i = 0; i < ROWS(rows); i++) {
        const struct config_mobile_network *network =
            config_network_of(config, rows[i].digits);

        CHECK_EQ(network != NULL, rows[i].code != NULL, rows[i].digits);
        if (network != NULL)
            CHECK_STR(network->code, rows[i].code, rows[i].digits);
    }
    CHECK_STR(config_network_of(config, "4917112345678")->name, "One", "its name");
    config_free(config);
}

TEST(an_account_reaches_the_networks_it_names)
{
    struct config_errors errors;
    struct config *config =
        load_text(NETWORKS PRACTICE LINK PLAN LISTEN PRICE
                  "account \"x\" { password = \"pw\" plan = \"p\" destinations = "
                  "{\"AT\", \"network:26202\", \"+4179\"} }\n",
                  &errors);
    const struct permissions *permissions;

    CHECK(config != NULL, errors.lines[0]);
    permissions = &config->accounts[0].permissions;
    CHECK_EQ(permissions->country_count, 1, "AT");
    CHECK_EQ(permissions->prefix_count, 3, "prefixes");
    CHECK_STR(permissions->prefixes[0], "49152", "of the network");
    CHECK_STR(permissions->prefixes[1], "491571", "of the network");
    CHECK_STR(permissions->prefixes[2], "4179", "its own");
    config_free(config);
}

TEST(patterns_and_domains_are_folded)
{
    struct config_errors errors;
    struct config *config = load_text(
        "content \"c\" { text = {\"ВЫИГРАЛ*Приз\"} domains = {\"*.Shop.Example\", "
        "\".bit.ly\", \"*\"} }\n",
        &errors);

    assert_non_null(config);
    CHECK_STR(config->contents[0].texts.words[0], "выиграл*приз", "pattern");
    CHECK_STR(config->contents[0].domains.words[0], "shop.example", "domain");
    CHECK_STR(config->contents[0].domains.words[1], "bit.ly", "domain");
    CHECK_STR(config->contents[0].domains.words[2], "*", "any");
    config_free(config);
}

TEST(what_is_printed_loads_again_and_is_the_same)
{
    struct config_errors errors;
    struct config *config;

    check_prints_as_it_loads(load_lab(state), "the lab");
    write_text("u.conf", "");
    config = load_text(
        NETWORKS GOOD CHANNEL
        "rule { class = \"service\" network = {\"262\", \"23415\"} plan = \"p\" }\n"
        "price { side = \"buy\" network = \"26201\" price = \"0.1\" }\n"
        "account \"w\" { password = \"p\" plan = \"p\" destinations = {\"network:262\"} }\n"
        "http { address = \"[::1]:0\" token \"t\" { value = \"v\" accounts = {\"x\"} } }\n"
        "rule { account = \"x\" source = \"a \\\"b\\\" \\\\ \\${HOME}\" plan = \"p\" }\n"
        "rule { class = \"service\" prefix = \"7\" plan = \"p\" }\n"
        "plan \"q\" { class = \"service\" step \"a\" { channels = {\"m\"} within = \"90s\" "
        "until = \"read\" on_silence = \"stop\" wait_full = true }\n"
        "  step \"b\" { channels = {\"l\"} enter_within = \"1500ms\" } }\n"
        "account \"y\" { password_hash = \"****\" plan = \"q\" plans = {\"p\"} credit = "
        "\"5.5\" receipt_zone = \"-05:30\" allow_from = {\"10.0.0.0/8\", "
        "\"2001:db8::/32\", \"::ffff:0:0/96\"} }\n"
        "price { side = \"buy\" channel = \"m\" price = \"0\" unit = \"message\" }\n"
        "listen \"s\" { address = \"[::1]:0\" tls { certificate = \"u.conf\" key = "
        "\"u.conf\" client_ca = \"u.conf\" crl = \"u.conf\" verify = \"optional\" "
        "min_version = \"1.3\" } }\n"
        "link \"k\" { host = \"h\" port = 1 system_id = \"s\" tls { ca = \"u.conf\" } }\n"
        "account \"z\" { password = \"p\" plan = \"q\" client_certificate = \"z.example\" "
        "}\n"
        "link \"n\" { hosts = {\"[::1]:1\", \"b:2\"} system_id = \"s\" bind = \"pair\" "
        "on_report = {\"17\", \"expired\"} country_code = \"49\" priority = 1\n"
        "source \"short\" { ton = 3 npi = 0 } destination \"national\" { write = "
        "\"national\" } }\n"
        "plan \"r\" { step \"a\" { channels = {\"l:3\", \"n\"} choose = \"weight\" } }\n"
        "link \"r\" { host = \"h\" port = 1 system_id = \"s\" id_rule = \"learn\" "
        "parts_report = \"last\" receipt_text = \"ignored\" receipt_columns = {\"stat\", "
        "\"-\", \"submit date\", \"text\"}\n report_word \"BLIST\" { is = \"failed\" "
        "reason = "
        "\"blocked\" }\n report_word \"\\\"\" { is = \"read\" }\n"
        " report_error \"007\" { reason = \"cap\" } }\n"
        "inbound \"i\" { to = \"447*\" keyword = \"ARR\xC3\x8AT\" link = \"l\" account = "
        "\"y\" "
        "reply = \"a \\\"b\\\"\" stop_words = {\"\"} start_words = {\"Go\"} opt_out = "
        "\"sender\" "
        "webhook = \"http://h\" webhook_secret = \"****\" }\n"
        "inbound_unroutable = \"keep\"\n"
        "link \"o\" { host = \"127.0.0.1\" port = 1 system_id = \"s\"\n"
        "  languages = {\"portuguese\", \"turkish\"}\n"
        "  sender { name = \"A\" prefix = \"44\" class = \"service\" becomes = \"B\" }\n"
        "  sender { name = \"B\" network = {\"26202\", \"262\"} refuse = true }\n"
        "  sender { name = \"*\" refuse = true } }\n"
        "content \"c\" { account = \"x\" text = {\"Win*PRIZE\", \"%\"}\n"
        "  domains = {\"*.Shop.Example\", \"*\"} domains_not = {\"bit.ly\"}\n"
        "  class = \"advertising\" plan = \"q\" action = \"review\" }\n"
        "content \"d\" { text = {\"b\"} action = \"deny\" }\n",
        &errors);
    if (config == NULL)
        fail_msg("%s", errors.lines[0]);
    check_prints_as_it_loads(config, "everything");
}

TEST(words_are_known_by_their_common_form)
{
    struct config_errors errors;
    struct config *config =
        load_text(GOOD "inbound \"i\" { to = \"+44 79*\" keyword = \"ARR\xC3\x8AT\" "
                       "account = \"x\" }\n",
                  &errors);

    CHECK(config == NULL, "a prefix is of digits");
    config = load_text(GOOD "inbound \"i\" { to = \"+44 79 1\" keyword = \"ARR\xC3\x8AT\" "
                            "account = \"x\" start_words = {\"\"} }\n",
                       &errors);
    assert_non_null(config);
    assert_int_equal(config->inbound_count, 1);
    CHECK_STR(config->inbounds[0].to_digits, "44791", "the number");
    CHECK_STR(config->inbounds[0].folded, "arret", "the word");
    CHECK_STR(config->inbounds[0].stop_words.folded[0], "stop", "a usual word");
    assert_int_equal(config->inbounds[0].start_words.count, 0);
    assert_int_equal(config->inbound_unroutable, CONFIG_REFUSE);
    assert_true(config->accounts[0].transactional_after_stop);
    config_free(config);
}

TEST(secrets_are_never_printed)
{
    static const char *const secrets[] = {"canary-password", "canary-token", "canary-link",
                                          "canary-channel",  "canary-key",   "canary-hash",
                                          "whsec_Y2FuYXJ5"};
    struct config_errors errors;
    struct config *config = load_text(
        PRACTICE PLAN LISTEN PRICE
        "link \"l\" { host = \"h\" port = 1 system_id = \"s\" password = \"canary-link\" "
        "}\n"
        "account \"x\" { password = \"canary-password\" plan = \"p\" }\n"
        "account \"y\" { password_hash = \"$argon2id$canary-hash\" plan = \"p\" }\n"
        "http { address = \"127.0.0.1:0\" token \"t\" { value = \"canary-token\" accounts "
        "= "
        "{\"*\"} } }\n"
        "channel \"m\" { profile = \"lab\" url = \"http://h\" token = \"canary-channel\" "
        "key "
        "= \"canary-key\" }\n"
        "inbound \"i\" { account = \"x\" webhook = \"http://h\" webhook_secret = "
        "\"whsec_Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5\" }\n",
        &errors);
    char *text;

    assert_non_null(config);
    text = printed(config);
    for (size_t i = 0; i < ROWS(secrets); i++)
        CHECK(strstr(text, secrets[i]) == NULL, secrets[i]);
    free(text);
    config_free(config);
}

static struct config *load_or_fail(const char *path)
{
    struct config_errors errors;
    struct config *config = config_load(path, &errors);

    if (config == NULL)
        fail_msg("%s", errors.lines[0]);
    return config;
}

TEST(the_demos_file_loads_and_its_addresses_can_be_moved)
{
    const struct place *place = *state;
    char path[PATH_MAX + 32];
    struct config *demo;

    snprintf(path, sizeof(path), "%s/conf/demo.conf", place->source);
    setenv("DEMO_SMPP_PORT", "1234", 1);
    demo = load_or_fail(path);
    assert_int_equal(demo->listens[0].address.port, 1234);
    assert_int_equal(demo->channel_count, 3);
    assert_int_equal(demo->plans[demo->accounts[0].plan].step_count, 4);
    config_free(demo);
}

/* Copies the file with all that is off turned on: "#name" and "#  name", not "# a word". */
static void turn_all_on(const char *from, const char *to)
{
    FILE *in = fopen(from, "r"), *out = fopen(to, "w");
    char line[1024];

    assert_non_null(in);
    assert_non_null(out);
    while (fgets(line, sizeof(line), in) != NULL) {
        bool explains = line[0] == '#' && line[1] == ' ' && line[2] != ' ';

        fputs(explains || line[0] != '#' ? line : line + 1, out);
    }
    fclose(in);
    fclose(out);
}

TEST(the_sample_lets_nobody_in_and_all_it_shows_is_right)
{
    static const char *const secrets[] = {"api-token", "shop", "operator",
                                          "messenger-token", "messenger-key"};
    /* What is in them is not looked at here. */
    static const char *const files[] = {"smpps.crt",           "smpps.key",
                                        "clients.crt",         "operator-ca.crt",
                                        "operator-client.crt", "operator-client.key",
                                        "clients.crl",         "operator-ca.crl"};
    const struct place *place = *state;
    char path[PATH_MAX + 32];
    struct config *sample;

    snprintf(path, sizeof(path), "%s/conf/sluice.conf", place->source);
    sample = load_or_fail(path);
    assert_int_equal(sample->account_count, 0);
    assert_int_equal(sample->http.token_count, 0);
    assert_false(sample->practice);
    config_free(sample);

    setenv("CREDENTIALS_DIRECTORY", place->folder, 1);
    for (size_t i = 0; i < ROWS(secrets); i++) {
        char secret[80] = "";

        snprintf(secret, sizeof(secret), "$argon2id$%s\n", secrets[i]);
        write_text(secrets[i], secret);
    }
    for (size_t i = 0; i < ROWS(files); i++)
        write_text(files[i], "");
    write_text("shop-webhook", "whsec_Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5\n");
    turn_all_on(path, "t.conf");
    sample = load_or_fail("t.conf");
    (void)unlink("shop-webhook");
    assert_int_equal(sample->inbound_count, 1);
    assert_int_equal(sample->account_count, 1);
    assert_int_equal(sample->plan_count, 2);
    assert_int_equal(sample->price_count, 5);
    assert_int_equal(sample->network_count, 1);
    config_free(sample);
    for (size_t i = 0; i < ROWS(secrets); i++)
        (void)unlink(secrets[i]);
    for (size_t i = 0; i < ROWS(files); i++)
        (void)unlink(files[i]);
}

#define TEST_IN_FOLDER(name)                                                               \
    cmocka_unit_test_setup_teardown(name, enter_folder, leave_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_FOLDER(what_is_wrong_is_told_with_its_line),
        TEST_IN_FOLDER(several_things_wrong_are_told_together),
        TEST_IN_FOLDER(more_than_twenty_things_wrong_are_counted),
        TEST_IN_FOLDER(what_is_doubtful_is_told_and_loads),
        TEST_IN_FOLDER(a_file_that_is_not_there_says_so),
        TEST_IN_FOLDER(variables_take_their_values_and_their_defaults),
        TEST_IN_FOLDER(included_files_are_one_with_the_first),
        TEST_IN_FOLDER(secrets_come_from_files),
        TEST_IN_FOLDER(statuses_without_a_row_have_their_defaults),
        TEST_IN_FOLDER(a_status_of_an_operator_means_what_most_mean_by_it),
        TEST_IN_FOLDER(receipts_of_a_link_are_read_as_its_sections_say),
        TEST_IN_FOLDER(networks_hold_their_addresses),
        TEST_IN_FOLDER(a_network_ends_where_its_bits_say),
        TEST_IN_FOLDER(the_lab_listens_where_it_says),
        TEST_IN_FOLDER(the_lab_has_its_four_accounts),
        TEST_IN_FOLDER(the_labs_link_behaves_as_it_says),
        TEST_IN_FOLDER(the_labs_messenger_and_plans_are_as_it_says),
        TEST_IN_FOLDER(the_labs_prices_are_as_it_says),
        TEST_IN_FOLDER(an_account_has_its_own_class_and_those_it_is_granted),
        TEST_IN_FOLDER(a_row_with_a_network_is_one_for_each_of_its_prefixes),
        TEST_IN_FOLDER(a_number_is_of_the_network_with_the_longest_prefix),
        TEST_IN_FOLDER(an_account_reaches_the_networks_it_names),
        TEST_IN_FOLDER(patterns_and_domains_are_folded),
        TEST_IN_FOLDER(what_is_printed_loads_again_and_is_the_same),
        TEST_IN_FOLDER(words_are_known_by_their_common_form),
        TEST_IN_FOLDER(secrets_are_never_printed),
        TEST_IN_FOLDER(the_demos_file_loads_and_its_addresses_can_be_moved),
        TEST_IN_FOLDER(the_sample_lets_nobody_in_and_all_it_shows_is_right),
    };

    return RUN_ALL(tests);
}
