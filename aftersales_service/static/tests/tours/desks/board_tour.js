import {registry} from "@web/core/registry";
import {patch} from "@web/core/utils/patch";
import {BoardCard, BoardTrack} from "@aftersales_service/desks/board/board";

/** Drags onto the middle of a row; by itself the helper lets go one pixel above. */
function dropOn(selector) {
    return ({drag_and_drop}) =>
        drag_and_drop(selector, {position: "center", relative: true});
}

/** The dispatcher assigns by click and by drag, moves, and takes it back. */
registry.category("web_tour.tours").add("aftersales_board_dispatcher", {
    steps: () => [
        {
            content: "What was left from yesterday stands first",
            trigger: ".o_board_card:first:contains('Not assigned yesterday')",
            run: "click",
        },
        {
            content: "Candidates light up, the best one on top, with reasons",
            trigger: ".o_board_rank_1 .o_board_reasons:contains('Works in this zone')",
        },
        {
            trigger: ".o_board_rank_1 .o_board_assign",
            run: "click",
        },
        {
            content: "The visit stands on the time line",
            trigger:
                ".o_board_row:contains('Zhou Min') .o_board_visit:contains('Data Centre A')",
        },
        {
            content: "Take it back",
            trigger:
                ".o_board_done:contains('Assigned to Zhou Min') button:contains('Undo')",
            run: "click",
        },
        {
            trigger: ".o_board_right:not(:has(.o_board_visit))",
        },
        {
            content: "By keyboard: Enter on the card, Enter on the best candidate",
            trigger: ".o_board_card:first",
            async run({anchor, press}) {
                anchor.focus();
                await press("Enter");
            },
        },
        {
            trigger: ".o_board_rank_1 .o_board_assign:focus",
            run: "press Enter",
        },
        {
            content: "Move the visit to somebody else",
            trigger: ".o_board_row:contains('Zhou Min') .o_board_visit",
            run: dropOn(".o_board_row:contains('Li Qiang') .o_board_track"),
        },
        {
            trigger:
                ".o_board_row:contains('Li Qiang') .o_board_visit:contains('Data Centre A')",
        },
        {
            content: "Another card is dragged onto a row",
            trigger: ".o_board_card:contains('Noise')",
            run: dropOn(".o_board_row:contains('Zhou Min') .o_board_track"),
        },
        {
            trigger:
                ".o_board_row:contains('Zhou Min') .o_board_visit:contains('Noise')",
        },
        {
            content: "No certificate: known before the drop",
            trigger: ".o_board_card:contains('UPS')",
            run: "click",
        },
        {
            trigger:
                ".o_board_refused:contains('Li Qiang') .o_board_reasons:contains('High voltage')",
        },
        {
            trigger: ".o_board_refused:contains('Li Qiang') .o_board_assign",
            run: "click",
        },
        {
            trigger: ".modal:contains('ask a supervisor')",
        },
        {
            trigger: ".modal footer button:contains('Close')",
            run: "click",
        },
        {
            content: "Next day is empty",
            trigger: "body:not(:has(.modal)) .o_board_next",
            run: "click",
        },
        {
            trigger: ".o_board_right:not(:has(.o_board_visit))",
        },
    ],
});

/** A supervisor may send somebody without the certificate, with a reason. */
registry.category("web_tour.tours").add("aftersales_board_supervisor", {
    steps: () => [
        {
            trigger: ".o_board_card:contains('UPS')",
            run: "click",
        },
        {
            trigger: ".o_board_refused:contains('Li Qiang') .o_board_assign",
            run: "click",
        },
        {
            trigger: "#o_board_reason",
            run: "edit Only cleaning, no live parts",
        },
        {
            trigger: ".o_board_override:enabled",
            run: "click",
        },
        {
            trigger:
                ".o_board_row:contains('Li Qiang') .o_board_visit:contains('Data Centre A')",
        },
    ],
});

/** Counts what one click costs: dates converted, cards and days drawn. */
const cost = {dates: 0, cards: 0, days: 0};

function countCost() {
    for (const name of ["fromSQL", "fromISO"]) {
        const real = luxon.DateTime[name];
        luxon.DateTime[name] = function (...args) {
            cost.dates += 1;
            return real.apply(this, args);
        };
    }
    patch(BoardCard.prototype, {
        get age() {
            cost.cards += 1;
            return super.age;
        },
    });
    patch(BoardTrack.prototype, {
        get blocks() {
            cost.days += 1;
            return super.blocks;
        },
    });
}

function check(isRight, message) {
    if (!isRight) {
        throw new Error(message);
    }
}

/** Watches the rows while something is dragged over them. */
function watchRows() {
    const getTops = () =>
        [...document.querySelectorAll(".o_board_row[data-id]")]
            .map((row) => `${row.dataset.id}@${row.getBoundingClientRect().top}`)
            .join();
    const seen = {before: getTops(), moved: false, labels: []};
    const look = () => {
        if (document.querySelector(".o_dragged")) {
            seen.moved = seen.moved || getTops() !== seen.before;
            const label = document.querySelector(".o_board_drop_time");
            if (label) {
                const isCut = label.scrollWidth > label.clientWidth;
                seen.labels.push(isCut ? "cut" : label.textContent);
            }
        }
        seen.frame = window.requestAnimationFrame(look);
    };
    look();
    return seen;
}

const wait = (time) => new Promise((resolve) => setTimeout(resolve, time));

/** Pulls step by step, slowly enough for each picture to be drawn. */
async function pull(el, target, pointerType) {
    const send = (to, type, clientX, clientY) =>
        to.dispatchEvent(
            new PointerEvent(type, {
                bubbles: true,
                cancelable: true,
                pointerId: 1,
                pointerType,
                isPrimary: true,
                clientX,
                clientY,
            }),
        );
    const getMiddle = (element) => {
        const {left, top, width, height} = element.getBoundingClientRect();
        return [left + width / 2, top + height / 2];
    };
    const [x, y] = getMiddle(el);
    send(el, "pointerdown", x, y);
    await wait(500);
    send(el, "pointermove", x + 20, y);
    await wait(500);
    send(el, "pointermove", ...getMiddle(target));
    await wait(500);
    send(target, "pointerup", ...getMiddle(target));
}

const getTrack = (index) =>
    document.querySelectorAll(".o_board_row[data-id] .o_board_track")[index];

/** A hundred orders and thirty technicians: a click stays a click (SV-20). */
registry.category("web_tour.tours").add("aftersales_board_size", {
    steps: () => [
        {
            trigger: ".o_board_card:nth-of-type(3)",
            async run({click}) {
                check(document.querySelectorAll(".o_board_card").length >= 100);
                countCost();
                await click();
            },
        },
        {
            content: "Only the card chosen and the names of the candidates are drawn",
            trigger: ".o_board_rank_1",
            run() {
                const told = JSON.stringify(cost);
                check(cost.cards === 1, `cards: ${told}`);
                check(cost.days === 0, `days: ${told}`);
                check(cost.dates < 100, `dates: ${told}`);
            },
        },
        {
            content: "Rows stand still under the hand; the time is read in full",
            trigger: ".o_board_card:nth-of-type(4)",
            async run({anchor}) {
                const seen = watchRows();
                await pull(anchor, getTrack(2), "mouse");
                window.cancelAnimationFrame(seen.frame);
                check(!seen.moved, "rows have moved");
                check(seen.labels.length, "no time was shown");
                check(
                    seen.labels.every((label) => /^\d\d:\d\d$/.test(label)),
                    seen.labels.join(),
                );
            },
        },
        {
            trigger:
                ".o_board_left:has(.o_board_done) .o_board_section:first .badge:contains(/^99$/)",
        },
        {
            content: "By finger: press, wait, pull",
            trigger: ".o_board_card:nth-of-type(5)",
            run: ({anchor}) => pull(anchor, getTrack(0), "touch"),
        },
        {trigger: ".o_board_section:first .badge:contains(/^98$/)"},
        {
            content: "The way back stays until the next step",
            trigger: ".o_board_done:contains('Assigned to') .o_board_undo:enabled",
            run: "click",
        },
        {
            trigger:
                ".o_board_left:not(:has(.o_board_done)) .o_board_section:first .badge:contains(/^99$/)",
        },
    ],
});
