// usage: operator.js PORT LOG
//
// An operator's SMSC made of npm `smpp`: takes submit_sm, answers with an id, and a
// moment later reports it delivered.  Writes "ready" when it listens, and for each
// submit_sm a line "DESTINATION HEADER TEXT" into LOG: the elements of the user data
// header and the text behind it in hexadecimal, "-" where there is none.
"use strict";

const fs = require("fs");
const smpp = require("smpp");

const [port, log] = process.argv.slice(2);
const lines = fs.createWriteStream(log, { flags: "a" });
let last = 0;

function date() {
    return new Date().toISOString().replace(/\D/g, "").slice(2, 12);
}

function report(session, pdu, id) {
    const text = `id:${id} sub:001 dlvrd:001 submit date:${date()} done date:${date()} `
        + "stat:DELIVRD err:000 text:";
    session.deliver_sm({
        source_addr_ton: pdu.dest_addr_ton,
        source_addr_npi: pdu.dest_addr_npi,
        source_addr: pdu.destination_addr,
        dest_addr_ton: pdu.source_addr_ton,
        dest_addr_npi: pdu.source_addr_npi,
        destination_addr: pdu.source_addr,
        esm_class: 4,
        short_message: text,
        receipted_message_id: id,
        message_state: 2,
    });
}

const server = smpp.createServer((session) => {
    session.on("error", () => session.destroy());
    session.on("bind_transceiver", (pdu) => {
        const good = pdu.system_id === "sluice" && pdu.password === "sluice";
        session.send(pdu.response({ system_id: "npm", command_status: good ? 0 : 0x0e }));
    });
    session.on("submit_sm", (pdu) => {
        const id = String(1000000 + ++last);
        const { udh, message } = pdu.short_message;
        const header = Buffer.concat(udh || []).toString("hex");
        const text = Buffer.from(message || "").toString("hex");
        lines.write(`${pdu.destination_addr} ${header || "-"} ${text || "-"}\n`);
        session.send(pdu.response({ message_id: id }));
        if (pdu.registered_delivery & 1)
            setTimeout(() => report(session, pdu, id), 50);
    });
    session.on("enquire_link", (pdu) => session.send(pdu.response()));
    session.on("unbind", (pdu) => {
        session.send(pdu.response());
        session.close();
    });
});

server.listen(Number(port), "127.0.0.1", () => process.stdout.write("ready\n"));
process.on("SIGTERM", () => lines.end(() => process.exit(0)));
