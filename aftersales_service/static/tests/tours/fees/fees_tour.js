import {registry} from "@web/core/registry";

const acceptAll = (reason) => [
    {
        trigger: ".o_list_view thead .o_list_record_selector input",
        run: "click",
    },
    {
        content: "Accept with reason",
        trigger: ".o_selection_container button.btn-primary",
        run: "click",
    },
    {
        trigger: ".modal .o_field_widget[name='reason'] textarea",
        run: `edit ${reason}`,
    },
    {
        trigger: ".modal button[name='action_confirm']",
        run: "click",
    },
    {
        trigger: "body:not(:has(.modal))",
    },
];

/** The accountant works off the exceptions of a day and closes it. */
registry.category("web_tour.tours").add("aftersales_fees", {
    steps: () => [
        {
            content: "Exceptions stand first",
            trigger: ".o_data_row:first .o_data_cell[name='exceptions']:not(:empty)",
        },
        {
            content: "One click to the document: the receipt of the money taken",
            trigger: ".o_fee_exceptions [data-code='not_handed_over'] .o_fee_document",
            run: "click",
        },
        {
            trigger: ".o_form_view .o_field_widget[name='amount']",
        },
        {
            trigger: ".breadcrumb-item a, .o_back_button a, .o_back_button",
            run: "click",
        },
        {
            content: "One click to what mends it: money in the bank is booked",
            trigger: ".o_fee_exceptions [data-code='not_booked'] .o_fee_mend",
            run: "click",
        },
        {
            trigger: "body:not(:has(.o_fee_exceptions [data-code='not_booked']))",
        },
        {
            content: "What lies in the past is accepted with a reason",
            trigger: ".o_fee_exceptions [data-code='late'] .o_fee_mend",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name='reason'] textarea",
            run: "edit The customer asked for it",
        },
        {
            trigger: ".modal button[name='action_confirm']",
            run: "click",
        },
        {
            trigger: "body:not(:has(.o_fee_exceptions [data-code='late']))",
        },
        {
            content: "Documents without an order",
            trigger: ".o_fee_bar .o_fee_orphans",
            run: "click",
        },
        {
            trigger: ".o_data_cell[name='code']",
        },
        ...acceptAll("Belongs to last year"),
        {
            trigger: ".o_view_nocontent",
        },
        {
            trigger: ".breadcrumb-item a, .o_back_button a, .o_back_button",
            run: "click",
        },
        {
            trigger: ".o_fee_bar:not(:has(.o_fee_orphans)) .o_fee_counts b.text-danger",
        },
        ...acceptAll("Checked with the technician"),
        {
            content: "Nothing is left, and the ledger agrees",
            trigger: ".o_fee_bar .o_fee_counts b.text-success:contains('0')",
        },
        {
            trigger: ".o_fee_bar .o_fee_ties",
        },
        {
            trigger: ".o_fee_bar .o_fee_close",
            run: "click",
        },
        {
            trigger: ".modal button[name='action_close']",
            run: "click",
        },
        {
            content: "The day is closed",
            trigger: ".o_form_view .o_arrow_button_current[data-value='closed']",
        },
    ],
});
