// usage: client.js PORT COUNT
//
// An ESME made of npm `smpp`: binds as `sms`, submits COUNT messages and three long ones
// (parts with a user data header, SAR parameters, message_payload), and waits for a report of
// each.  When the connection breaks it binds again and submits again what was not answered.
// Prints "bound" once, and in the end a line of JSON.
"use strict";

const smpp = require("smpp");

const [port, count] = process.argv.slice(2).map(Number);
const WINDOW = 50;
const LONG = "abcdefghijklmnopqrstuvwxyz".repeat(20).slice(0, 400);

const messages = [];
for (let i = 0; i < count; i++)
    messages.push({ destination_addr: String(79070000000 + i), short_message: `npm ${i}` });
for (let part = 1; part <= 3; part++) {
    const text = LONG.slice((part - 1) * 150, part * 150);
    messages.push({
        destination_addr: "79075000001", esm_class: 0x40,
        short_message: { udh: Buffer.from([5, 0, 3, 77, 3, part]), message: text },
    }, {
        destination_addr: "79075000002", short_message: text, sar_msg_ref_num: 777,
        sar_total_segments: 3, sar_segment_seqnum: part,
    });
}
messages.push({ destination_addr: "79075000003", message_payload: { message: LONG } });

const waiting = messages.slice();
const unanswered = new Set();
const ids = new Set();
const reports = new Map();
let binds = 0, again = 0, failed = 0;
let ending = false;

function submit(session) {
    while (waiting.length && unanswered.size < WINDOW) {
        const one = waiting.shift();
        unanswered.add(one);
        session.submit_sm({
            ...one, source_addr_ton: 5, source_addr: "npm", dest_addr_ton: 1,
            dest_addr_npi: 1, registered_delivery: 1,
        }, (answer) => {
            unanswered.delete(one);
            if (answer.command_status === 0)
                ids.add(answer.message_id);
            else
                failed++;
            submit(session);
        });
    }
}

function end_if_done(session) {
    if (ending || ids.size + failed < messages.length || [...ids].some((id) => !reports.has(id)))
        return;
    ending = true;
    const unknown = [...reports.keys()].filter((id) => !ids.has(id)).length;
    const twice = [...reports.values()].filter((times) => times > 1).length;
    session.unbind({}, () => {
        process.stdout.write(JSON.stringify({ accepted: ids.size, failed, binds, again,
                                              unknown, twice }) + "\n");
        process.exit(0);
    });
}

function connect() {
    const session = smpp.connect({ host: "127.0.0.1", port }, () => {
        session.bind_transceiver({ system_id: "sms", password: "secret08" }, (answer) => {
            if (answer.command_status !== 0)
                return session.destroy();
            if (binds++ === 0)
                process.stdout.write("bound\n");
            submit(session);
            end_if_done(session);
        });
    });
    session.on("deliver_sm", (pdu) => {
        const id = pdu.receipted_message_id;
        const { message } = pdu.short_message;
        if (!message.startsWith(`id:${id} `) || !message.includes(" stat:DELIVRD "))
            throw new Error(`no report: ${message}`);
        reports.set(id, (reports.get(id) || 0) + 1);
        session.send(pdu.response(), () => end_if_done(session));
    });
    session.on("enquire_link", (pdu) => session.send(pdu.response()));
    session.on("error", () => session.destroy());
    session.on("close", () => {
        ending = false;
        again += unanswered.size;
        waiting.unshift(...unanswered);
        unanswered.clear();
        setTimeout(connect, 100);
    });
}

connect();
