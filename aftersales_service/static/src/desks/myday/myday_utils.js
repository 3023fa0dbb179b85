import {isAndroid, isIOS} from "@web/core/browser/feature_detection";
import {formatCurrency} from "@web/core/currency";
import {deserializeDateTime} from "@web/core/l10n/dates";
import {_t} from "@web/core/l10n/translation";
import {formatFloat} from "@web/core/utils/numbers";
import {getDataURLFromFile} from "@web/core/utils/urls";
import {DeskError, isLost} from "@aftersales_service/base/desk_kit";

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

// The web client's own helper makes a PNG with margins: ten times the size.
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
 * Photo as the server takes it, made small on the phone: a signal on site is weak.
 *
 * @returns {Promise<{name: string, url: string, isImage: boolean}>}
 */
export async function preparePhoto(file, maxMegabytes) {
    let blob = file;
    if (file.type.startsWith("image/")) {
        try {
            blob = (await drawScaled(file)) || file;
        } catch {
            throw new DeskError(
                _t("%s is not a picture this phone can read.", file.name),
            );
        }
    } else if (file.type !== "application/pdf") {
        throw new DeskError(_t("Only jpg, png and pdf files can be added."));
    }
    if (blob.size > maxMegabytes * 1024 * 1024) {
        throw new DeskError(_t("The file is too big: at most %s MB.", maxMegabytes));
    }
    const url = await getDataURLFromFile(blob);
    return {name: file.name, url, isImage: blob.type.startsWith("image/")};
}

/** What the templates write with. */
export const helpers = {
    clock,
    dayName,
    hourMinutes,
    mapLink,
    money,
    phoneLink,
    quantity,
};

/** Whether every word looked for occurs in one of the texts. */
export function hasWords(words, ...texts) {
    const text = texts.join(" ").toLowerCase();
    return words
        .toLowerCase()
        .split(/\s+/)
        .every((word) => text.includes(word));
}

/**
 * A list for a place without a signal: the server's answer, or the last one it gave.
 *
 * @param {Draft} kept
 * @param {Function} ask
 * @param {Function} fits whether a row of the last answer is what is looked for now
 */
export async function askOrRecall(kept, ask, fits) {
    try {
        return await ask();
    } catch (error) {
        const rows = isLost(error) && kept.load();
        if (!rows) {
            throw error;
        }
        return rows.filter(fits);
    }
}
