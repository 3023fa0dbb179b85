import {registry} from "@web/core/registry";

/** Is it covered, what may I ask for: answered on the desk, machine after machine. */
const ask = (serial, text, icon) => [
    {
        content: `Find ${serial}`,
        trigger: "#desk_search",
        run: `edit ${serial} && press Enter`,
    },
    {
        content: "The machine is chosen; its cover is told in words",
        trigger: `.o_desk_cover:contains('${serial}') .o_desk_cover_text:contains('${text}')`,
    },
    {trigger: `.o_desk_cover .fa-shield${icon}`},
];

registry.category("web_tour.tours").add("aftersales_desk_cover", {
    steps: () => [
        ...ask("CV01", "41 days left", ".text-success"),
        {
            content: "Every machine of the customer says it in short",
            trigger: ".o_desk_machines .o_desk_warranty:contains('parts free 41 d')",
        },
        {trigger: ".o_desk_machines .o_desk_warranty:contains('warranty void')"},
        {
            content: "What the customer may ask for stands beside it",
            trigger: ".o_desk_cover .o_aftersales_entitlements",
        },
        ...ask("CV04", "365 days left", ".text-success"),
        {trigger: ".o_desk_cover .o_aftersales_entitlements .badge"},
        ...ask("CV10", "void since", ".text-danger"),
        ...ask("CV08", "Boards 36 months until", ".text-warning"),
        ...ask("CV07", "Parts 50 %, labour 50 %", ".text-warning"),
        ...ask("CV13", "No warranty is known", ""),
        ...ask("CV09", "8 repair days added", ".text-success"),
        {trigger: ".o_aftersales_desk"},
    ],
});
