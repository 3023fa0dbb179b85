const {DateTime} = luxon;

const MINUTE = 60000;
const QUARTER = 15;
const [FIRST_HOUR, LAST_HOUR] = [8, 20];

function toMillis(text) {
    return Date.parse(`${text.replace(" ", "T")}Z`);
}

/**
 * The day of the board as a line of minutes.
 *
 * A time line draws thousands of instants, so they are numbers here; only labels are
 * written in the time zone of the company, each of them once.
 */
export class DayScale {
    /** @param {Object} board what the server has sent for the day */
    constructor(board) {
        this.tz = board.tz;
        this.begin = toMillis(board.day_start);
        this.labels = new Map();
        // More than the usual hours when somebody works or is planned outside.
        let [start, end] = [FIRST_HOUR * 60, LAST_HOUR * 60];
        for (const {work, visits} of board.technicians) {
            const spans = visits.map((visit) => [visit.start, visit.end]);
            for (const [from, until] of [...work, ...spans]) {
                start = Math.min(start, Math.floor(this.minutes(from) / 60) * 60);
                end = Math.max(end, Math.ceil(this.minutes(until) / 60) * 60);
            }
        }
        this.start = Math.max(0, start);
        this.end = Math.min(24 * 60, end);
        this.hours = [];
        for (let minute = this.start; minute < this.end; minute += 60) {
            const label = String(minute / 60).padStart(2, "0");
            this.hours.push({label, left: this.share(minute)});
        }
    }

    /** Minutes since the day began. */
    minutes(text) {
        return (toMillis(text) - this.begin) / MINUTE;
    }

    get now() {
        return (Date.now() - this.begin) / MINUTE;
    }

    /** The first quarter of an hour that has not begun yet. */
    get soon() {
        return Math.ceil(this.now / QUARTER) * QUARTER;
    }

    get isOver() {
        return this.now >= 24 * 60;
    }

    /** The instant as the server writes it. */
    toText(minutes) {
        const instant = new Date(this.begin + minutes * MINUTE);
        return instant.toISOString().slice(0, 19).replace("T", " ");
    }

    toLocal(text) {
        return DateTime.fromSQL(text, {zone: "utc"}).setZone(this.tz);
    }

    /** Time of day in the time zone of the company. */
    label(text) {
        if (!this.labels.has(text)) {
            this.labels.set(text, this.toLocal(text).toFormat("HH:mm"));
        }
        return this.labels.get(text);
    }

    /** Position on the line in percent. */
    share(minutes) {
        return (100 * (minutes - this.start)) / (this.end - this.start);
    }

    place(from, until) {
        const left = Math.max(this.start, from);
        const right = Math.min(this.end, until);
        return right <= left
            ? "display: none"
            : `left: ${this.share(left)}%; width: ${this.share(right) - this.share(left)}%`;
    }

    /** Where somebody lets go: a quarter of an hour, and none that has passed. */
    snap(share) {
        const minutes = this.start + share * (this.end - this.start);
        const quarter = Math.round(minutes / QUARTER) * QUARTER;
        const last = this.end - QUARTER;
        return Math.max(Math.min(Math.max(quarter, this.start), last), this.soon);
    }

    get nowStyle() {
        const {now} = this;
        return now < this.start || now > this.end ? "" : `left: ${this.share(now)}%`;
    }
}
