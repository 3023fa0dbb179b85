import {onWillUnmount, useExternalListener} from "@odoo/owl";
import {browser} from "@web/core/browser/browser";
import {isLocked, isLost, refusalOf} from "./desk_kit";

const RETRY_MS = 5000;

/**
 * What somebody has finished and the server may not know yet.
 *
 * The last entry may be held for a few seconds so that a slip can be taken back; the
 * others are sent one after the other. Nothing is dropped: entries survive a broken
 * connection, a reload and the end of the browser.
 */
class Outbox {
    constructor({store, send, onSent, onChange, hold = 0}) {
        Object.assign(this, {store, send, onSent, onChange, hold});
        this.entries = [];
        this.running = null;
        this.timers = new Set();
    }

    /** Takes up what an earlier session has left behind. */
    async start() {
        const kept = (await this.store.load()) || [];
        this.entries = kept.map((entry) => ({
            ...entry,
            status: entry.status === "failed" ? "failed" : "waiting",
        }));
        this.onChange();
        await this.flush();
    }

    keep() {
        this.onChange();
        return this.store.save(this.entries);
    }

    later(callback, delay) {
        const timer = browser.setTimeout(() => {
            this.timers.delete(timer);
            callback();
        }, delay);
        this.timers.add(timer);
    }

    /** Sends what was held before and holds the new entry. */
    add(entry) {
        this.entries.forEach((other) => this.letGo(other));
        const status = this.hold ? "held" : "waiting";
        this.entries.push({...entry, status, error: ""});
        if (this.hold) {
            this.later(() => this.release(entry.key), this.hold);
        }
        this.keep();
        return this.flush();
    }

    letGo(entry) {
        if (entry.status === "held") {
            entry.status = "waiting";
        }
    }

    /** Sends what is held; with a key only this entry. */
    release(key = null) {
        this.entries
            .filter((entry) => !key || entry.key === key)
            .forEach((entry) => this.letGo(entry));
        this.keep();
        return this.flush();
    }

    /** Takes back the last entry that has not been sent. */
    undo() {
        const entry = this.entries.findLast(({status}) =>
            ["held", "waiting"].includes(status),
        );
        return entry ? this.remove(entry.key) : null;
    }

    remove(key) {
        const entry = this.entries.find((candidate) => candidate.key === key);
        this.entries = this.entries.filter((candidate) => candidate.key !== key);
        this.keep();
        return entry;
    }

    flush() {
        this.running ||= this.sendAll().finally(() => (this.running = null));
        return this.running;
    }

    async sendAll() {
        const getNext = () => this.entries.find(({status}) => status === "waiting");
        for (let entry = getNext(); entry; entry = getNext()) {
            entry.status = "sending";
            this.onChange();
            try {
                const result = await this.send(entry);
                this.remove(entry.key);
                this.onSent(entry, result);
            } catch (error) {
                this.onFailure(entry, error);
                if (entry.status === "waiting") {
                    return;
                }
            }
        }
    }

    /** What was refused waits for somebody; all else is tried again. */
    onFailure(entry, error) {
        const refusal = isLocked(error) ? "" : refusalOf(error);
        const fault = isLost(error) || isLocked(error) ? "" : String(error.message);
        entry.status = refusal ? "failed" : "waiting";
        entry.error = refusal || fault;
        this.keep();
        if (!refusal) {
            this.later(() => this.flush(), RETRY_MS);
        }
    }

    stop() {
        this.timers.forEach((timer) => browser.clearTimeout(timer));
        this.timers.clear();
    }
}

/**
 * @param {Object} options
 * @param {Object} options.store where entries are kept: ``load()`` and ``save(entries)``
 * @param {Function} options.send
 * @param {Function} options.onSent gets the entry and the answer
 * @param {Function} options.onChange
 * @param {number} [options.hold] milliseconds in which the last entry can be undone
 */
export function useOutbox(options) {
    const outbox = new Outbox(options);
    useExternalListener(window, "online", () => outbox.flush());
    onWillUnmount(() => outbox.stop());
    return outbox;
}
