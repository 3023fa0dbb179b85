import {onWillUnmount, useState} from "@odoo/owl";
import {browser} from "@web/core/browser/browser";
import {isAndroid, isIOS} from "@web/core/browser/feature_detection";
import {formatCurrency} from "@web/core/currency";
import {deserializeDateTime} from "@web/core/l10n/dates";
import {_t} from "@web/core/l10n/translation";
import {ConnectionLostError, RPCError} from "@web/core/network/rpc";
import {formatFloat} from "@web/core/utils/numbers";

const PHOTO_SIDE = 1600;
const PHOTO_QUALITY = 0.8;

/** Amount in the currency of the order, as the user's language writes it. */
export function money(amount, currencyId) {
    return formatCurrency(amount || 0, currencyId);
}

export function quantity(value) {
    return formatFloat(value || 0, {digits: [16, 2], trailingZeros: false});
}

export function clock(value) {
    return value ? deserializeDateTime(value).toFormat("HH:mm") : "";
}

export function dayName(value) {
    return value
        ? deserializeDateTime(value).toLocaleString({
              weekday: "short",
              month: "short",
              day: "numeric",
          })
        : "";
}

/** Hours between two server times; the second one defaults to now. */
export function hoursBetween(start, end, now = luxon.DateTime.now()) {
    if (!start) {
        return 0;
    }
    const until = end ? deserializeDateTime(end) : now;
    return Math.max(until.diff(deserializeDateTime(start), "hours").hours, 0);
}

/** "1:05" from hours, as a clock shows it. */
export function hourMinutes(hours) {
    const minutes = Math.round(hours * 60);
    return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
}

/** Link that opens the map of the device; nothing is fetched by us. */
export function mapLink({address, latitude, longitude, site}) {
    const query = encodeURIComponent(address || site || "");
    const point = latitude && longitude ? `${latitude},${longitude}` : "";
    if (!query && !point) {
        return "";
    }
    if (isAndroid()) {
        return `geo:${point || "0,0"}?q=${query || point}`;
    }
    if (isIOS()) {
        return `https://maps.apple.com/?q=${query || point}`;
    }
    return `https://www.openstreetmap.org/search?query=${query || point}`;
}

export function phoneLink(phone) {
    const digits = (phone || "").replace(/[^\d+,;*#]/g, "");
    return digits ? `tel:${digits}` : "";
}

function readAsDataURL(blob) {
    return new Promise((resolve, reject) => {
        const reader = new FileReader();
        reader.onload = () => resolve(reader.result);
        reader.onerror = () => reject(new Error(_t("The file cannot be read.")));
        reader.readAsDataURL(blob);
    });
}

async function drawScaled(file) {
    const url = URL.createObjectURL(file);
    try {
        const image = new Image();
        image.src = url;
        await image.decode();
        const scale = Math.min(1, PHOTO_SIDE / Math.max(image.width, image.height));
        const canvas = document.createElement("canvas");
        canvas.width = Math.max(Math.round(image.width * scale), 1);
        canvas.height = Math.max(Math.round(image.height * scale), 1);
        canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
        return await new Promise((resolve) =>
            canvas.toBlob(resolve, "image/jpeg", PHOTO_QUALITY),
        );
    } finally {
        URL.revokeObjectURL(url);
    }
}

/**
 * Photo as base64, made small on the phone: a signal on site is often weak.
 *
 * @returns {Promise<{name: string, data: string, preview: string}>}
 */
export async function preparePhoto(file, maxMegabytes) {
    let blob = file;
    if (file.type.startsWith("image/")) {
        try {
            blob = (await drawScaled(file)) || file;
        } catch {
            throw new Error(_t("%s is not a picture this phone can read.", file.name));
        }
    } else if (file.type !== "application/pdf") {
        throw new Error(_t("Only jpg, png and pdf files can be added."));
    }
    if (blob.size > maxMegabytes * 1024 * 1024) {
        throw new Error(_t("The file is too big: at most %s MB.", maxMegabytes));
    }
    const url = await readAsDataURL(blob);
    return {
        name: file.name,
        data: url.slice(url.indexOf(",") + 1),
        preview: blob.type.startsWith("image/") ? url : "",
    };
}

/** What the server says, in words for the technician. */
export function errorMessage(error) {
    return error.data?.message || error.message || _t("Something went wrong.");
}

export function isLost(error) {
    return error instanceof ConnectionLostError;
}

/** Another user works on the order at this very moment. */
export function isBusy(error) {
    return (
        error instanceof RPCError && error.exceptionName === "odoo.exceptions.LockError"
    );
}

/** Errors that this screen explains itself; all others go to Odoo's dialog. */
export function isExplained(error) {
    return (
        error instanceof RPCError &&
        error.exceptionName !== "odoo.http.SessionExpiredException"
    );
}

/**
 * One action at a time: buttons are disabled while it runs, a lost connection keeps
 * it for "Try again", a refusal is shown in words.
 */
export function useRunner() {
    const state = useState({busy: "", message: "", retry: null});
    const run = async (key, job) => {
        if (state.busy) {
            return false;
        }
        Object.assign(state, {busy: key, message: "", retry: null});
        try {
            await job();
            return true;
        } catch (error) {
            if (isLost(error)) {
                state.retry = {key, job};
            } else if (isExplained(error) || !error.name || error.name === "Error") {
                state.message = errorMessage(error);
            } else {
                throw error;
            }
            return false;
        } finally {
            state.busy = "";
        }
    };
    return {state, run};
}

/** Keeps what was typed on the device until the server has it. */
export class DraftStore {
    constructor(key) {
        this.key = key;
    }

    load() {
        try {
            return JSON.parse(browser.localStorage.getItem(this.key)) || {};
        } catch {
            return {};
        }
    }

    save(values) {
        try {
            if (Object.keys(values).length) {
                browser.localStorage.setItem(this.key, JSON.stringify(values));
            } else {
                browser.localStorage.removeItem(this.key);
            }
        } catch {
            // A full or blocked store only loses the safety net, not the input.
        }
    }
}

/** Calls back regularly while the component lives. */
export function useTicker(callback, milliseconds) {
    const timer = browser.setInterval(callback, milliseconds);
    onWillUnmount(() => browser.clearInterval(timer));
}
