import {reactive, useState} from "@odoo/owl";
import {browser} from "@web/core/browser/browser";
import {deserializeDateTime} from "@web/core/l10n/dates";
import {_t} from "@web/core/l10n/translation";

const {DateTime} = luxon;

/** One clock for everything that shows minutes; ticks twice a minute. */
const clock = reactive({now: Date.now()});
let ticking = false;

export function useClock() {
    if (!ticking) {
        ticking = true;
        browser.setInterval(() => (clock.now = Date.now()), 30000);
    }
    return useState(clock);
}

/** "4 min", "1 h 20", "3 d 4 h": short enough for a list. */
export function spanText(minutes) {
    const whole = Math.abs(minutes);
    if (whole < 60) {
        return _t("%s min", whole);
    }
    if (whole < 24 * 60) {
        const rest = whole % 60;
        return rest
            ? _t("%(hours)s h %(minutes)s min", {
                  hours: Math.floor(whole / 60),
                  minutes: rest,
              })
            : _t("%s h", whole / 60);
    }
    const hours = Math.floor((whole % 1440) / 60);
    const days = Math.floor(whole / 1440);
    return hours ? _t("%(days)s d %(hours)s h", {days, hours}) : _t("%s d", days);
}

/** Minutes left until an instant; negative once it has passed. */
export function minutesLeft(due, now = Date.now()) {
    return Math.floor((due.toMillis() - now) / 60000);
}

export function leftText(minutes) {
    return minutes < 0
        ? _t("%s late", spanText(minutes))
        : _t("%s left", spanText(minutes));
}

/** How a kept or missed promise ended. */
export function reachedText(minutes) {
    return minutes < 0
        ? _t("%s late", spanText(minutes))
        : _t("%s early", spanText(minutes));
}

/** Time of day; with the date when it is not today. */
export function momentText(instant, now = Date.now()) {
    if (!instant) {
        return "";
    }
    const today = DateTime.fromMillis(now).setZone(instant.zone);
    if (instant.hasSame(today, "day")) {
        return instant.toFormat("HH:mm");
    }
    const format = {
        month: "short",
        day: "numeric",
        hour: "2-digit",
        minute: "2-digit",
        hourCycle: "h23",
    };
    if (!instant.hasSame(today, "year")) {
        format.year = "numeric";
    }
    return instant.toLocaleString(format);
}

export function moment(text, now) {
    return text ? momentText(deserializeDateTime(text), now) : "";
}
