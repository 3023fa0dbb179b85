import {registry} from "@web/core/registry";

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
                ".o_notification:contains('Assigned to Zhou Min') button:contains('Undo')",
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
            run: "drag_and_drop .o_board_row:contains('Li Qiang') .o_board_track",
        },
        {
            trigger:
                ".o_board_row:contains('Li Qiang') .o_board_visit:contains('Data Centre A')",
        },
        {
            content: "Another card is dragged onto a row",
            trigger: ".o_board_card:contains('Noise')",
            run: "drag_and_drop .o_board_row:contains('Zhou Min') .o_board_track",
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
