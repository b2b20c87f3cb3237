// usage: operator.js PORT LOG
//
// An operator's SMSC made of npm `smpp`: takes submit_sm, answers with an id, and a moment
// later reports it delivered, on any of its binds, until that is answered.  Writes "ready"
// when it listens, and for each submit_sm a line of JSON into LOG.  SIGUSR2 breaks all its
// connections.
"use strict";

const fs = require("fs");
const smpp = require("smpp");

const [port, log] = process.argv.slice(2);
const lines = fs.openSync(log, "a");
const bound = new Set();
const due = []; // reports that nobody has been sent, or not answered
let last = 0;

function date() {
    return new Date().toISOString().replace(/\D/g, "").slice(2, 12);
}

function report(pdu, id) {
    return {
        source_addr_ton: pdu.dest_addr_ton,
        source_addr_npi: pdu.dest_addr_npi,
        source_addr: pdu.destination_addr,
        dest_addr_ton: pdu.source_addr_ton,
        dest_addr_npi: pdu.source_addr_npi,
        destination_addr: pdu.source_addr,
        esm_class: 4,
        short_message: `id:${id} sub:001 dlvrd:001 submit date:${date()} done date:${date()} `
            + "stat:DELIVRD err:000 text:",
        receipted_message_id: id,
        message_state: 2,
    };
}

function tell() {
    const open = [...bound];
    while (open.length && due.length) {
        const session = open[due.length % open.length];
        const one = due.shift();
        session.unanswered.add(one);
        session.deliver_sm(one, () => session.unanswered.delete(one));
    }
}

function hexadecimal(octets) {
    return Buffer.concat(octets || []).toString("hex");
}

const server = smpp.createServer((session) => {
    session.unanswered = new Set();
    session.on("error", () => session.destroy());
    session.on("close", () => {
        bound.delete(session);
        due.push(...session.unanswered);
    });
    session.on("bind_transceiver", (pdu) => {
        const good = pdu.system_id === "sluice" && pdu.password === "sluice";
        session.send(pdu.response({ system_id: "npm", command_status: good ? 0 : 0x0e }));
        if (good)
            bound.add(session);
    });
    session.on("submit_sm", (pdu) => {
        const id = String(1000000 + ++last);
        const { udh, message } = pdu.message_payload || pdu.short_message;
        fs.writeSync(lines, JSON.stringify({
            to: pdu.destination_addr,
            udh: hexadecimal(udh),
            sar: pdu.sar_msg_ref_num === undefined ? null
                : [pdu.sar_msg_ref_num, pdu.sar_total_segments, pdu.sar_segment_seqnum],
            text: Buffer.isBuffer(message) ? message.toString("latin1") : message || "",
            payload: pdu.message_payload !== undefined,
            coding: pdu.data_coding,
            registered: pdu.registered_delivery,
        }) + "\n");
        session.send(pdu.response({ message_id: id }));
        if (pdu.registered_delivery & 1)
            setTimeout(() => due.push(report(pdu, id)), 50);
    });
    session.on("enquire_link", (pdu) => session.send(pdu.response()));
    session.on("unbind", (pdu) => {
        session.send(pdu.response());
        session.close();
    });
});

setInterval(tell, 20);
server.listen(Number(port), "127.0.0.1", () => process.stdout.write("ready\n"));
process.on("SIGUSR2", () => server.sessions.slice().forEach((session) => session.destroy()));
process.on("SIGTERM", () => process.exit(0));
