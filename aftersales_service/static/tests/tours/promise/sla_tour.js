import {registry} from "@web/core/registry";

/** The supervisor reads the bar, stops the clock, lets it go on, agrees a new date. */
registry.category("web_tour.tours").add("aftersales_sla_supervisor", {
    steps: () => [
        {
            content: "The bar says what is promised and how much time is left",
            trigger: ".o_sla_bar [data-milestone='arrive']:contains('left')",
        },
        {
            content: "and what came when",
            trigger: ".o_sla_track .o_sla_kind_run:contains('Unanswered')",
        },
        {
            content: "Why? by keyboard",
            trigger: ".o_sla_toggle",
            async run({anchor, press}) {
                anchor.focus();
                await press("Enter");
            },
        },
        {
            content: "which policy gave each deadline",
            trigger: ".o_sla_details .o_sla_policy:contains('Plain promise')",
        },
        {
            trigger: ".o_sla_pause",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name='reason_id'] input:first",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name='note'] input",
            run: "edit Gate opens at eight",
        },
        {
            trigger: ".modal button[name='action_confirm']",
            run: "click",
        },
        {
            content: "The bar shows the pause with its reason",
            trigger: ".o_sla_details .o_sla_pause_row:contains('Gate opens at eight')",
        },
        {
            trigger: ".o_sla_state:contains('Clock stopped')",
        },
        {
            trigger: ".o_sla_resume",
            run: "click",
        },
        {
            trigger: ".o_sla_state:contains('In time')",
        },
        {
            trigger: ".o_sla_agree",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name='milestone'] input",
            run: "click",
        },
        {
            content: "Only promises that are still open are offered",
            trigger: ".o_select_menu_item:contains('On site')",
            run: "click",
        },
        {
            trigger:
                ".modal .o_field_widget[name='new_deadline'] .o_input, .modal .o_field_widget[name='new_deadline'] button",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name='new_deadline'] input",
            run: "edit 12/24/2099 10:00:00 && press Tab",
        },
        {
            trigger: ".modal .o_field_widget[name='reason'] input",
            run: "edit The only engineer is ill",
        },
        {
            trigger: ".modal .o_field_widget[name='agreed_with'] input",
            run: "edit Ms Cui",
        },
        {
            trigger: ".modal button[name='action_confirm']",
            run: "click",
        },
        {
            content: "Both dates stay visible",
            trigger:
                ".o_sla_details .o_sla_agreed:contains('Ms Cui'):contains('2099') s",
        },
    ],
});
