import {registry} from "@web/core/registry";

/** The accountant: from the list of what to invoice to the paid invoice. */
registry.category("web_tour.tours").add("aftersales_accountant", {
    steps: () => [
        {
            content: "Completed orders the customer has to pay for",
            trigger: ".o_list_view .o_data_cell:contains('Data Centre A')",
            run: "click",
        },
        {
            trigger: ".o_form_view button[name='action_invoice']",
            run: "click",
        },
        {
            content: "The draft opens; the accountant posts it",
            trigger: ".o_form_view button[name='action_post']",
            run: "click",
        },
        {
            trigger: ".o_form_view button[name='action_register_payment']",
            run: "click",
        },
        {
            trigger: ".modal button[name='action_create_payments']",
            run: "click",
        },
        {
            content: "Nothing is left to pay",
            trigger:
                "body:not(:has(.modal)) .o_form_view .o_field_widget[name='state']",
        },
    ],
});

/** The supervisor checks the voucher and closes the order. */
registry.category("web_tour.tours").add("aftersales_supervisor", {
    steps: () => [
        {
            trigger: ".o_form_view a[name='lines']",
            run: "click",
        },
        {
            content: "The customer's part is paid",
            trigger:
                ".o_form_view .o_field_widget[name='charge_state']:contains('Paid')",
        },
        {
            trigger: ".o_form_view button[name='action_close']",
            run: "click",
        },
        {
            trigger: ".o_statusbar_status .o_arrow_button_current:contains('Closed')",
        },
    ],
});
