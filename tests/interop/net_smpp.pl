#!/usr/bin/perl
# usage: net_smpp.pl PORT COUNT
#
# An ESME made of Net::SMPP: binds as `sms`, submits COUNT messages and three long ones (parts
# with a user data header, SAR parameters, message_payload), and waits for their receipts.
# When the connection breaks it binds again and submits again what was not answered.  Prints
# "bound", and in the end "accepted N receipts N delivered N binds N again N".
use strict;
use warnings;
use Net::SMPP;

use constant WINDOW => 20;

my ($port, $count) = @ARGV;
local $| = 1;
local $SIG{ALRM} = sub { die "it took too long\n" };
local $SIG{PIPE} = 'IGNORE';
alarm 50;

my $long = substr('abcdefghijklmnopqrstuvwxyz' x 20, 0, 400);
my @messages = map {
    { destination_addr => sprintf('7905%07d', $_), short_message => "from perl $_" }
} 0 .. $count - 1;
for my $part (1 .. 3) {
    my $text = substr($long, ($part - 1) * 150, 150);
    push @messages,
        { destination_addr => '79055000001', esm_class => 0x40,
          short_message => pack('C6', 5, 0, 3, 77, 3, $part) . $text },
        { destination_addr => '79055000002', short_message => $text,
          sar_msg_ref_num => pack('n', 777), sar_total_segments => pack('C', 3),
          sar_segment_seqnum => pack('C', $part) };
}
push @messages,
    { destination_addr => '79055000003', short_message => '', message_payload => $long };

my @waiting = @messages;
my (%unanswered, %ids, %receipts, $smpp);
my ($delivered, $binds, $again) = (0, 0, 0);

sub bind_again {
    unshift @waiting, values %unanswered;
    $again += keys %unanswered;
    %unanswered = ();
    while (1) {
        my $answer;
        ($smpp, $answer) = Net::SMPP->new_transceiver(
            '127.0.0.1',
            port      => $port,
            system_id => 'sms',
            password  => 'secret08',
        );
        last if $smpp && $answer && $answer->{status} == 0;
        select undef, undef, undef, 0.1;
    }
    print "bound\n" if $binds++ == 0;
}

# What comes in: answers to submits, receipts, and questions whether we live.  False: nothing
# does any more.
sub take {
    my $pdu = $smpp->read_pdu() or return 0;
    if ($pdu->{cmd} == 0x80000004) {
        $pdu->{status} == 0 or die "submit_sm answered $pdu->{status}\n";
        delete $unanswered{ $pdu->{seq} } or die "an answer to nothing\n";
        $ids{ $pdu->{message_id} } = 1;
    } elsif ($pdu->{cmd} == 0x00000005) {
        my ($id) = $pdu->{short_message} =~ /^id:(\d+) /
            or die "not a receipt: $pdu->{short_message}\n";
        $delivered++ if !$receipts{$id}++ && $pdu->{short_message} =~ / stat:DELIVRD /;
        $smpp->deliver_sm_resp(message_id => '', seq => $pdu->{seq});
    } elsif ($pdu->{cmd} == 0x00000015) {
        $smpp->enquire_link_resp(seq => $pdu->{seq});
    } else {
        die sprintf "an unexpected command 0x%08x\n", $pdu->{cmd};
    }
    return 1;
}

sub is_done {
    return !@waiting && !%unanswered && !grep { !$receipts{$_} } keys %ids;
}

bind_again();
until (is_done()) {
    while (@waiting && keys(%unanswered) < WINDOW) {
        my $one = shift @waiting;
        my $sequence = $smpp->submit_sm(
            source_addr_ton     => 5,
            source_addr_npi     => 0,
            source_addr         => 'Shop',
            dest_addr_ton       => 1,
            dest_addr_npi       => 1,
            registered_delivery => 1,
            async               => 1,
            %$one,
        );
        if (!$sequence) {
            unshift @waiting, $one;
            last;
        }
        $unanswered{$sequence} = $one;
    }
    take() or bind_again();
}
my $bye = $smpp->unbind() or die "unbind was not answered\n";
# Of those whose answer was lost there are receipts for ids that we were never given.
my $unknown = grep { !$ids{$_} } keys %receipts;
$unknown <= $again or die "receipts for $unknown ids that were never given\n";
printf "accepted %d receipts %d delivered %d binds %d again %d\n", scalar(keys %ids),
    keys(%receipts) - $unknown, $delivered - $unknown, $binds, $again;
