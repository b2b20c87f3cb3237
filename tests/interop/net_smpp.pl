#!/usr/bin/perl
# usage: net_smpp.pl PORT COUNT
#
# An ESME made of Net::SMPP: binds as `sms`, submits COUNT messages, and waits for their
# receipts.  Prints "accepted N receipts N delivered N" and ends with 0.
use strict;
use warnings;
use Net::SMPP;

my ($port, $count) = @ARGV;
local $SIG{ALRM} = sub { die "it took too long\n" };
alarm 40;

my ($smpp, $answer) = Net::SMPP->new_transceiver(
    '127.0.0.1',
    port      => $port,
    system_id => 'sms',
    password  => 'secret08',
) or die "no bind: $!\n";
$answer->{status} == 0 or die "bind answered $answer->{status}\n";

my (%waiting, %receipts, $delivered);
$delivered = 0;

# What comes in: answers to submits, receipts, and questions whether we live.
sub take {
    my $pdu = $smpp->read_pdu() or die "the connection is gone\n";
    if ($pdu->{cmd} == 0x80000004) {
        $pdu->{status} == 0 or die "submit_sm answered $pdu->{status}\n";
        $waiting{ $pdu->{message_id} } = 1;
    } elsif ($pdu->{cmd} == 0x00000005) {
        my ($id) = $pdu->{short_message} =~ /^id:(\d+) /
            or die "not a receipt: $pdu->{short_message}\n";
        $receipts{$id}++;
        $delivered++ if $pdu->{short_message} =~ / stat:DELIVRD /;
        $smpp->deliver_sm_resp(message_id => '', seq => $pdu->{seq});
    } elsif ($pdu->{cmd} == 0x00000015) {
        $smpp->enquire_link_resp(seq => $pdu->{seq});
    } else {
        die sprintf "an unexpected command 0x%08x\n", $pdu->{cmd};
    }
}

# Without a window of its own: at most ten are unanswered.
my $sent = 0;
while ($sent < $count || keys(%waiting) < $count || keys(%receipts) < $count) {
    while ($sent < $count && $sent - keys(%waiting) < 10) {
        $smpp->submit_sm(
            source_addr_ton     => 5,
            source_addr_npi     => 0,
            source_addr         => 'Shop',
            dest_addr_ton       => 1,
            dest_addr_npi       => 1,
            destination_addr    => sprintf('7905%07d', $sent),
            registered_delivery => 1,
            short_message       => "from perl $sent",
            async               => 1,
        ) or die "submit_sm: $!\n";
        $sent++;
    }
    take();
}
for my $id (keys %receipts) {
    $waiting{$id} or die "a receipt for $id, which was never given\n";
    $receipts{$id} == 1 or die "$receipts{$id} receipts for $id\n";
}
my $bye = $smpp->unbind() or die "unbind was not answered\n";
printf "accepted %d receipts %d delivered %d\n", scalar(keys %waiting),
    scalar(keys %receipts), $delivered;
