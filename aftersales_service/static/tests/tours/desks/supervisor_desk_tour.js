import {registry} from "@web/core/registry";

/** The supervisor works off a trip and a complaint's call without leaving the desk. */
registry.category("web_tour.tours").add("aftersales_supervisor_day", {
    steps: () => [
        {
            content: "The numbers of today",
            trigger: ".o_sd_tile[data-key=trips] .o_sd_count:contains('1')",
        },
        {trigger: ".o_sd_tile[data-key=trips]", run: "click"},
        {trigger: ".o_sd_tile.active[data-key=trips]", run: "press ArrowRight"},
        {
            content: "The first button of the row is the key 1",
            trigger: ".o_sd_row.active:focus:contains('trip SV/')",
            run: "press 1",
        },
        {trigger: ".o_sd_done:contains('Approve')"},
        {trigger: ".o_sd_empty"},
        {trigger: ".o_sd_tile[data-key=trips] .o_sd_count:contains('0')"},
        {
            trigger: ".o_sd_tile[data-key=complaint_calls]",
            run: "click",
        },
        {
            trigger: ".o_sd_tile.active[data-key=complaint_calls]",
            run: "press ArrowRight",
        },
        {
            trigger: ".o_sd_row.active:focus:contains('two hours late')",
            run: "press 1",
        },
        {trigger: ".o_sd_text:focus", run: "edit Apologised, he is content"},
        {trigger: ".o_sd_text", run: "press Enter"},
        {trigger: ".o_sd_done:contains('Called')"},
        {trigger: ".o_sd_tile[data-key=complaint_calls] .o_sd_count:contains('0')"},
        {
            content: "Each number opens its list",
            trigger: ".o_sd_tile[data-key=trips]",
            run: "click",
        },
        {trigger: ".o_sd_open", run: "click"},
        {trigger: ".o_list_view, .o_view_nocontent"},
        {trigger: ".o_breadcrumb a:contains('desk'), .o_back_button", run: "click"},
        {trigger: ".o_supervisor_desk .o_sd_tile.active[data-key=trips]"},
    ],
});
