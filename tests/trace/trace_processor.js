// SPDX-License-Identifier: GPL-2.0-or-later
// Perfetto's trace_processor, as its UI has it (engine_bundle.js and trace_processor.wasm), without a
// browser: node trace_processor.js FOLDER <REQUESTS >REPLIES, both streams of TraceProcessorRpc
// (perfetto/trace_processor/trace_processor.proto). The bundle is a web worker; this is its world.
"use strict";
const fs = require("fs");
const vm = require("vm");

const folder = process.argv[2];
const requests = fs.readFileSync(0);
const port = {
    onmessage: null,
    postMessage: (bytes) => fs.writeSync(1, bytes),
};

// Its wasm, whichever way it asks for it.
function bytesOf(url) {
    return fs.readFileSync(folder + "/" + url.replace(/.*\//, ""));
}

class XMLHttpRequest {
    open(method, url) {
        this.url = url;
    }
    send() {
        const bytes = bytesOf(this.url);

        this.response = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
    }
}

async function fetchFile(url) {
    return new Response(bytesOf(url), { headers: { "Content-Type": "application/wasm" } });
}

const world = {
    WebAssembly, TextDecoder, TextEncoder, URL, Response, performance, setTimeout, clearTimeout,
    console: { log: () => {}, warn: (text) => process.stderr.write(text + "\n"), error: console.error },
    crypto: require("crypto").webcrypto,
    fetch: fetchFile, XMLHttpRequest,
    location: { href: "http://localhost/engine_bundle.js" },
    WorkerGlobalScope: Object,
    Uint8Array, ArrayBuffer, Promise, Error, RangeError, TypeError,
};
world.self = world;
vm.createContext(world);
vm.runInContext(fs.readFileSync(folder + "/engine_bundle.js", "utf8"), world);
world.onmessage({ data: port });

// The memory is there a little after the wasm has been compiled.
function feed() {
    try {
        port.onmessage({ data: new Uint8Array(requests) });
    } catch (e) {
        if (!/HEAPU8|undefined/.test(String(e)))
            throw e;
        setTimeout(feed, 20);
    }
}
setTimeout(feed, 20);
