#!/usr/bin/perl
# usage: net_smpp_operations.pl PORT
#
# An ESME made of Net::SMPP that asks about messages, changes and cancels them, and sends one
# to three numbers.  Prints a line for each answer and ends with 0.
use strict;
use warnings;
use Net::SMPP;

my ($port) = @ARGV;
local $SIG{ALRM} = sub { die "it took too long\n" };
alarm 20;

my %from  = (source_addr_ton => 5, source_addr_npi => 0, source_addr => 'Shop');
my %later = (schedule_delivery_time => '000000010000000R');
my ($smpp, $answer) = Net::SMPP->new_transceiver(
    '127.0.0.1',
    port      => $port,
    system_id => 'sms',
    password  => 'secret08',
) or die "no bind: $!\n";
$answer->{status} == 0 or die "bind answered $answer->{status}\n";

# The answer to a request; what else comes in meanwhile is answered.
sub answer_to {
    my ($sequence, $command) = @_;
    while (my $pdu = $smpp->read_pdu()) {
        return $pdu if $pdu->{cmd} == (0x80000000 | $command) && $pdu->{seq} == $sequence;
        if ($pdu->{cmd} == 0x00000005) {
            $smpp->deliver_sm_resp(message_id => '', seq => $pdu->{seq});
        } elsif ($pdu->{cmd} == 0x00000015) {
            $smpp->enquire_link_resp(seq => $pdu->{seq});
        } else {
            die sprintf "an unexpected command 0x%08x\n", $pdu->{cmd};
        }
    }
    die "the connection is gone\n";
}

sub state_of {
    my ($id) = @_;
    my $told = answer_to($smpp->query_sm(async => 1, message_id => $id, %from), 0x03);
    return "status $told->{status}" if $told->{status};
    $told->{message_id} eq $id or die "another id: $told->{message_id}\n";
    return "state $told->{message_state} error $told->{error_code}"
        . ($told->{final_date} ? ' with a date' : '');
}

my $id = answer_to($smpp->submit_sm(
    async => 1, %from, %later, dest_addr_ton => 1, dest_addr_npi => 1,
    destination_addr => '79070000001', registered_delivery => 1,
    short_message => 'from perl'), 0x04)->{message_id};
print 'query_sm: ', state_of($id), "\n";
print 'replace_sm: status ', answer_to($smpp->replace_sm(
    async => 1, %from, message_id => $id, registered_delivery => 1,
    short_message => 'from perl, again'), 0x07)->{status}, "\n";
print 'cancel_sm: status ', answer_to($smpp->cancel_sm(
    async => 1, %from, message_id => $id, dest_addr_ton => 1, dest_addr_npi => 1,
    destination_addr => '79070000001'), 0x08)->{status}, "\n";
print 'query_sm: ', state_of($id), "\n";

my $multi = answer_to($smpp->submit_multi(
    async => 1, %from, %later, dest_flag => [1, 1, 1], dest_addr_ton => [1, 1, 1],
    dest_addr_npi => [1, 1, 1], destination_addr => ['79070000002', 'nobody', '79070000003'],
    short_message => 'to three'), 0x21);
printf "submit_multi: status %d, %d refused: %s with 0x%x\n", $multi->{status},
    $multi->{no_unsuccess}, $multi->{destination_addr}[0], $multi->{error_status_code}[0];
print 'query_sm: ', state_of($multi->{message_id}), "\n";
print 'cancel_sm: status ', answer_to($smpp->cancel_sm(
    async => 1, %from, message_id => $multi->{message_id}, dest_addr_ton => 0,
    dest_addr_npi => 0, destination_addr => ''), 0x08)->{status}, "\n";
print 'query_sm: ', state_of($multi->{message_id}), "\n";
print 'query_sm: ', state_of('117786605908918273'), "\n";
$smpp->unbind();
