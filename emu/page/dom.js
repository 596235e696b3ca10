// SPDX-License-Identifier: GPL-2.0-or-later
// Nodes and numbers. Whatever a guest or a file says becomes text, never markup.
'use strict';

const byId = (id) => document.getElementById(id);

/** element - <name class="..."> with attributes and children (nodes or texts). */
function element(name, attributes = {}, ...children) {
    const node = document.createElement(name);

    for (const [key, value] of Object.entries(attributes))
        node.setAttribute(key, value);
    node.append(...children);
    return node;
}

function svg(name, attributes = {}, text = null) {
    const node = document.createElementNS('http://www.w3.org/2000/svg', name);

    for (const [key, value] of Object.entries(attributes))
        node.setAttribute(key, value);
    if (text !== null)
        node.textContent = text;
    return node;
}

/* Ten frames a second: nothing is touched that has not changed. */
function setText(node, text) {
    text = String(text);
    if (node.textContent !== text)
        node.textContent = text;
}

function setAttr(node, name, value) {
    value = String(value);
    if (node.getAttribute(name) !== value)
        node.setAttribute(name, value);
}

function show(node, visible) {
    if (node.hidden === visible)
        node.hidden = !visible;
}

/* -- Numbers ----------------------------------------------------------------------------------- */

const isNumber = (value) => typeof value === 'number' && Number.isFinite(value);
const asList = (value) => Array.isArray(value) ? value : [];
const asText = (value) => value === null || value === undefined ? '' : String(value);

/** count - 81,234. */
function count(value) {
    return isNumber(value) ? Math.round(value).toString().replace(/\B(?=(\d{3})+$)/g, ',') : '–';
}

/** duration - 81.234 µs: as many digits as tell moments apart. */
function duration(ns) {
    if (!isNumber(ns))
        return '–';
    for (const [unit, size] of [['s', 1e9], ['ms', 1e6], ['µs', 1e3]]) {
        if (Math.abs(ns) >= size)
            return `${(ns / size).toFixed(size === 1e3 ? 3 : 6)} ${unit}`;
    }
    return `${Math.round(ns)} ns`;
}

/** priority - 0xa0. */
function priority(value) {
    return isNumber(value) ? '0x' + (value & 0xff).toString(16).padStart(2, '0') : '–';
}

/* -- Interrupts -------------------------------------------------------------------------------- */

const VERDICTS = {
    blocked: {mark: '✕', word: 'blocked'},
    coming: {mark: '▶', word: 'coming'},
    active: {mark: '●', word: 'active'},
    idle: {mark: '·', word: 'idle'},
};

const verdictOf = (irq) => VERDICTS[irq.verdict] ? irq.verdict : 'idle';

/* An interrupt's name within a frame: a private one is not that of another vCPU. */
function keyOf(irq) {
    return `${irq.kind === 'virtual' ? 'v' : ''}${irq.intid}@${asText(irq.vcpu)}`;
}

/* Where it goes, as a number; null: nowhere, or anywhere. */
function vcpuOf(irq) {
    if (isNumber(irq.vcpu))
        return irq.vcpu;
    return isNumber(irq.target) ? irq.target : null;
}

function targetText(irq) {
    if (irq.target === 'any')
        return 'any';
    const vcpu = vcpuOf(irq);
    return vcpu === null ? 'none' : String(vcpu);
}

/* As KVM's vgic-state: pending, line up, active, enabled, hardware, C: level-sensitive, G: not
   group 0. */
function letters(irq) {
    const set = [irq.pending, irq.level, irq.active, irq.enabled, irq.hw, !irq.edge,
        irq.group !== '0'];
    return set.map((is, i) => (is ? 'PLAEHCG'[i] : '-')).join('');
}

/* "27, 32-40": a function that says whether an INTID is among them; null: not understood. */
function intidFilter(text) {
    const ranges = [];

    for (const part of text.split(/[\s,]+/).filter(Boolean)) {
        const match = /^(\d+)(?:-(\d+))?$/.exec(part);
        if (!match)
            return null;
        ranges.push([Number(match[1]), Number(match[2] || match[1])]);
    }
    return (intid) => !ranges.length || ranges.some(([low, high]) => intid >= low && intid <= high);
}
