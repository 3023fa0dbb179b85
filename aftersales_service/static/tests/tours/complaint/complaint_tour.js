import {registry} from "@web/core/registry";

/** The supervisor handles a complaint from the list to the settled cause. */
registry.category("web_tour.tours").add("aftersales_complaint", {
    steps: () => [
        {
            content: "The open complaints, the new one first",
            trigger: ".o_list_view .o_data_cell:contains('Data Centre A')",
            run: "click",
        },
        {
            content: "What looking into it has shown",
            trigger: ".o_form_view .o_field_widget[name='finding'] textarea",
            run: "edit Nobody was sent",
        },
        {
            trigger: ".o_form_view button[name='action_confirm']",
            run: "click",
        },
        {
            trigger: ".o_arrow_button_current:contains('Confirmed')",
        },
        {
            content: "The next step is the answer",
            trigger:
                ".o_form_view .o_statusbar_buttons .btn-primary:contains('Answer')",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name='text'] textarea",
            run: "edit We are sorry, somebody comes today",
        },
        {
            trigger: ".modal button[name='action_confirm']",
            run: "click",
        },
        {
            content: "Then the call",
            trigger:
                "body:not(:has(.modal)) .o_statusbar_buttons .btn-primary:contains('Call or visit done')",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name='result'] textarea",
            run: "edit Wants to be called before a visit",
        },
        {
            trigger: ".modal button[name='action_confirm']",
            run: "click",
        },
        {
            trigger: "body:not(:has(.modal)) a[name='solution']",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name='cause'] textarea",
            run: "edit Forgotten",
        },
        {
            trigger: ".o_field_widget[name='correction'] textarea",
            run: "edit Sent today",
        },
        {
            trigger: ".o_field_widget[name='prevention'] textarea",
            run: "edit A list at four",
        },
        {
            trigger: ".o_statusbar_buttons .btn-primary:contains('Settle')",
            run: "click",
        },
        {
            trigger: ".o_arrow_button_current:contains('Resolved')",
        },
    ],
});
