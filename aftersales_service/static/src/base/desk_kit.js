import {
    Component,
    onMounted,
    onPatched,
    onWillUnmount,
    useExternalListener,
    useRef,
    useState,
} from "@odoo/owl";
import {browser} from "@web/core/browser/browser";
import {_t} from "@web/core/l10n/translation";
import {ConnectionLostError, RPCError} from "@web/core/network/rpc";
import {user} from "@web/core/user";
import {useService} from "@web/core/utils/hooks";
import {clamp} from "@web/core/utils/numbers";
import {session} from "@web/session";

const FRIENDLY_ERRORS = [
    "odoo.exceptions.UserError",
    "odoo.exceptions.ValidationError",
    "odoo.exceptions.AccessError",
    "odoo.exceptions.MissingError",
    "odoo.exceptions.LockError",
];

/** A sentence of ours to the person at the screen; no fault of the program. */
export class DeskError extends Error {}

export function isLost(error) {
    return error instanceof ConnectionLostError;
}

/** Another user works on the record at this very moment. */
export function isLocked(error) {
    return (
        error instanceof RPCError && error.exceptionName === "odoo.exceptions.LockError"
    );
}

/** What was refused, in words; empty for a lost connection and for faults. */
export function refusalOf(error) {
    if (error instanceof DeskError) {
        return error.message;
    }
    return error instanceof RPCError && FRIENDLY_ERRORS.includes(error.exceptionName)
        ? error.data.message
        : "";
}

export function offlineText() {
    return _t("No connection to the server. Nothing is lost: try again in a moment.");
}

/** Text for the screen. Faults of the program are thrown on, to Odoo's own dialog. */
export function explain(error) {
    const text = isLost(error) ? offlineText() : refusalOf(error);
    if (!text) {
        throw error;
    }
    return text;
}

/** Calls back regularly while the component lives. */
export function useInterval(callback, milliseconds) {
    const timer = browser.setInterval(callback, milliseconds);
    onWillUnmount(() => browser.clearInterval(timer));
}

/** Index an arrow key leads to; undefined when it was another key. */
export function arrowTo(ev, index, length, {wrap = false} = {}) {
    const step = {ArrowDown: 1, ArrowUp: -1}[ev.key];
    if (!step || !length) {
        return undefined;
    }
    ev.preventDefault();
    return wrap ? (index + step + length) % length : clamp(index + step, 0, length - 1);
}

/** What is typed, kept in the browser until the server has it. */
export class Draft {
    constructor(name, part = "", storage = browser.localStorage) {
        this.key = `${name}.${session.db}.${user.userId}${part && `.${part}`}`;
        this.storage = storage;
    }

    load() {
        try {
            return JSON.parse(this.storage.getItem(this.key));
        } catch {
            return null;
        }
    }

    save(value) {
        try {
            if (value && Object.keys(value).length) {
                this.storage.setItem(this.key, JSON.stringify(value));
            } else {
                this.storage.removeItem(this.key);
            }
        } catch {
            // A full or blocked store only loses the safety net, not the input.
        }
    }
}

/**
 * What every desk does in the same way: work with the server, say beside the button
 * what went wrong, put the focus where the next key is expected, stay up to date.
 *
 * @param {Object} [options]
 * @param {Function} [options.refresh] reads the screen again while nobody works on it
 * @param {number} [options.every] milliseconds between two refreshes
 * @param {Function} [options.idle] whether a refresh would disturb nobody
 */
export function useDesk({refresh, every, idle = () => true} = {}) {
    const action = useService("action");
    const root = useRef("root");
    const state = useState({busy: "", error: "", at: "", retry: null});
    let running = 0;

    const desk = {
        root,
        state,
        /** Selector of what gets the focus as soon as it is on the screen. */
        focusNext: "",

        focus(selector) {
            const el = root.el?.querySelector(selector);
            el?.focus();
            el?.scrollIntoView({block: "nearest"});
            return el;
        },

        applyFocus() {
            if (desk.focusNext && desk.focus(desk.focusNext)) {
                desk.focusNext = "";
            }
        },

        /**
         * Work with the server. Refusals and a lost connection are told at the place
         * ``at`` of the screen; what was typed stays.
         *
         * @param {Function} job
         * @param {Object} [options]
         * @param {string} [options.at]
         * @param {boolean} [options.busy]
         * @param {Function|boolean} [options.again] what “Try again” does; true: the
         *  job alone, because nothing follows on it
         * @returns {Promise} what the job returned (true for nothing); undefined when
         *  it failed
         */
        async run(job, {at = "", busy = true, again = false} = {}) {
            desk.say("", at);
            if (busy) {
                running += 1;
                state.busy = at || "desk";
            }
            try {
                const result = await job();
                return result === undefined ? true : result;
            } catch (error) {
                desk.say(explain(error), at);
                if (isLost(error) && again) {
                    state.retry =
                        again === true ? () => desk.run(job, {at, busy, again}) : again;
                }
                return undefined;
            } finally {
                running -= busy ? 1 : 0;
                if (!running) {
                    state.busy = "";
                }
            }
        },

        /** As run, but a second click does nothing while the first one is at work. */
        once(job, at = "", again = true) {
            return state.busy ? Promise.resolve(undefined) : desk.run(job, {at, again});
        },

        say(text, at = "") {
            Object.assign(state, {error: text, at, retry: null});
        },

        dismiss() {
            desk.say("");
        },

        doAction: (...args) => action.doAction(...args),

        open(model, id) {
            return action.doAction({
                type: "ir.actions.act_window",
                res_model: model,
                res_id: id,
                views: [[false, "form"]],
            });
        },
    };

    // Whoever has gone on by hand is not pulled back.
    const forget = () => (desk.focusNext = "");
    onMounted(desk.applyFocus);
    onPatched(desk.applyFocus);
    useExternalListener(window, "pointerdown", forget, {capture: true});
    useExternalListener(window, "keydown", forget, {capture: true});

    if (refresh) {
        const tick = async () => {
            if (document.visibilityState === "visible" && !state.busy && idle()) {
                // The next round tries again; nobody is disturbed at work.
                await Promise.resolve(refresh()).catch(() => {});
            }
        };
        useInterval(tick, every);
        useExternalListener(document, "visibilitychange", tick);
        useExternalListener(window, "online", tick);
    }
    return desk;
}

/** What went wrong at one place of a desk (“*”: at any), with the way to try again. */
export class DeskMessage extends Component {
    static template = "aftersales_service.DeskMessage";
    static props = {
        desk: Object,
        at: {type: String, optional: true},
        class: {type: String, optional: true},
    };
    static defaultProps = {at: "", class: ""};

    setup() {
        this.state = useState(this.props.desk.state);
        onPatched(this.props.desk.applyFocus);
    }
}

/**
 * Search box with a list of hits: Enter finds and takes, arrow keys choose.
 *
 * @param {Object} options
 * @param {Function} options.find gets the words, returns hits (undefined: failed)
 * @param {Function} options.choose gets the hit taken
 * @param {Function} [options.onInput]
 */
export function useFinder({find, choose, onInput = () => {}}) {
    const state = useState({query: "", hits: null, active: 0});
    const take = (hit) => {
        state.hits = null;
        return choose(hit);
    };
    return {
        state,
        take,
        onInput(ev) {
            Object.assign(state, {query: ev.target.value, hits: null});
            onInput();
        },
        onKeydown(ev) {
            const hits = state.hits || [];
            const index = arrowTo(ev, state.active, hits.length, {wrap: true});
            if (index !== undefined) {
                state.active = index;
            } else if (ev.key === "Enter" && !ev.isComposing) {
                ev.preventDefault();
                return hits.length ? take(hits[state.active]) : this.search();
            } else if (ev.key === "Escape") {
                state.hits = null;
            }
        },
        async search() {
            const query = state.query.trim();
            const hits = query && (await find(query));
            // Who types on is not answered for the words of before.
            if (!hits || query !== state.query.trim()) {
                return;
            }
            if (hits.length === 1) {
                return take(hits[0]);
            }
            Object.assign(state, {hits, active: 0});
        },
    };
}
