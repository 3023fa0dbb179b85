import {browser} from "@web/core/browser/browser";
import {ConnectionLostError, RPCError} from "@web/core/network/rpc";

const UNDO_MS = 6000;
const RETRY_MS = 5000;
const FRIENDLY_ERRORS = [
    "odoo.exceptions.UserError",
    "odoo.exceptions.ValidationError",
    "odoo.exceptions.AccessError",
    "odoo.exceptions.MissingError",
    "odoo.exceptions.LockError",
];

export function friendlyMessage(error) {
    if (error instanceof RPCError && FRIENDLY_ERRORS.includes(error.exceptionName)) {
        return error.data.message;
    }
    return "";
}

/**
 * What the caller has finished and the server may not know yet.
 *
 * The last entry is held for a few seconds so that a slip can be taken back; the
 * others are sent one after the other. Nothing is dropped: entries survive a broken
 * connection, a reload and the end of the browser; the server takes them once.
 */
export class Outbox {
    constructor({storageKey, send, onSent, onChange}) {
        this.storageKey = storageKey;
        this.send = send;
        this.onSent = onSent;
        this.onChange = onChange;
        this.entries = this.restore();
        this.running = null;
        this.timers = new Set();
    }

    restore() {
        try {
            const saved = JSON.parse(browser.localStorage.getItem(this.storageKey));
            return (saved || []).map((entry) => ({
                ...entry,
                status: entry.status === "failed" ? "failed" : "waiting",
            }));
        } catch {
            return [];
        }
    }

    store() {
        browser.localStorage.setItem(this.storageKey, JSON.stringify(this.entries));
        this.onChange();
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
        this.release();
        this.entries.push({...entry, status: "held", error: ""});
        this.store();
        this.later(() => this.release(entry.key), UNDO_MS);
    }

    release(key = null) {
        let found = false;
        for (const entry of this.entries) {
            if (entry.status === "held" && (!key || entry.key === key)) {
                entry.status = "waiting";
                found = true;
            }
        }
        if (found) {
            this.store();
        }
        return this.flush();
    }

    /** Takes back the last entry that has not been sent. */
    undo() {
        const index = this.entries.findLastIndex((entry) =>
            ["held", "waiting"].includes(entry.status),
        );
        return index < 0 ? null : this.remove(this.entries[index].key);
    }

    remove(key) {
        const entry = this.entries.find((candidate) => candidate.key === key);
        this.entries = this.entries.filter((candidate) => candidate.key !== key);
        this.store();
        return entry;
    }

    flush() {
        if (!this.running) {
            this.running = this.sendAll().finally(() => (this.running = null));
        }
        return this.running;
    }

    async sendAll() {
        for (;;) {
            const entry = this.entries.find(
                (candidate) => candidate.status === "waiting",
            );
            if (!entry) {
                return;
            }
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

    onFailure(entry, error) {
        const message = friendlyMessage(error);
        entry.status = message ? "failed" : "waiting";
        entry.error = message;
        this.store();
        if (!message) {
            this.later(() => this.flush(), RETRY_MS);
            if (!(error instanceof ConnectionLostError)) {
                // A fault of the server: say so, keep the entry, try again.
                entry.error = error.message || String(error);
                this.onChange();
            }
        }
    }

    stop() {
        this.timers.forEach((timer) => browser.clearTimeout(timer));
        this.timers.clear();
    }
}
