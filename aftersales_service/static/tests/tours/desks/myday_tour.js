import {registry} from "@web/core/registry";
import {goOffline, goOnline} from "@aftersales_service/../tests/tours/base/offline";

const PIXEL =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

function step(key) {
    return {
        content: `next step: ${key}`,
        trigger: `.o_md_next[data-step=${key}]:not([disabled])`,
        run: "click",
    };
}

function takePhoto() {
    const bytes = Uint8Array.from(atob(PIXEL), (char) => char.charCodeAt(0));
    const files = new DataTransfer();
    files.items.add(new File([bytes], "disk.png", {type: "image/png"}));
    const input = document.querySelector("input[name=camera]");
    input.files = files.files;
    input.dispatchEvent(new Event("change", {bubbles: true}));
}

function drawSignature() {
    const canvas = document.querySelector(".o_md_sign canvas.o_web_sign_signature");
    const box = canvas.getBoundingClientRect();
    const send = (type, x, y) =>
        canvas.dispatchEvent(
            new PointerEvent(type, {
                bubbles: true,
                cancelable: true,
                pointerId: 1,
                pointerType: "touch",
                isPrimary: true,
                buttons: type === "pointerup" ? 0 : 1,
                clientX: box.x + x,
                clientY: box.y + y,
            }),
        );
    send("pointerdown", 20, 20);
    for (let x = 30; x < 150; x += 10) {
        send("pointermove", x, 20 + (x % 40));
    }
    send("pointerup", 150, 40);
}

const open = [
    {
        content: "the visit of today",
        trigger: ".o_md_group_today .o_md_card_open:contains(Data Centre A)",
        run: "click",
    },
    step("depart"),
    step("arrive"),
];

registry.category("web_tour.tours").add("aftersales_myday", {
    steps: () => [
        ...open,
        step("report"),
        {content: "choose the cause", trigger: "[data-field=cause]", run: "click"},
        {trigger: ".o_md_cause:contains(Disk worn)", run: "click"},
        {
            content: "the remedy comes with the cause",
            trigger: "#o_md_remedy:value(Disk replaced)",
            run: "edit Disk replaced and array rebuilt",
        },
        {content: "take a photo", trigger: ".o_md_photo_add", run: takePhoto},
        {content: "the photo is kept", trigger: ".o_md_photo img[src*='/web/image/']"},
        {trigger: "[data-opinion=very_satisfied]", run: "click"},
        {trigger: "[data-opinion=very_satisfied].active"},
        {content: "hours of the clock", trigger: "[data-tab=fees]", run: "click"},
        {trigger: ".o_md_fill", run: "click"},
        {content: "labour is on the order", trigger: "[data-kind=labour]"},
        step("sign"),
        {content: "the amounts are read", trigger: ".o_md_grand:contains(100.00)"},
        {trigger: "#o_md_signer:value(Ms Cui)"},
        {
            content: "the customer signs",
            trigger: ".o_md_sign canvas.o_web_sign_signature",
            run: drawSignature,
        },
        {trigger: ".o_md_send:not([disabled])", run: "click"},
        {content: "money is taken", trigger: ".o_md_take", run: "click"},
        {trigger: "[data-method=cash]", run: "click"},
        {trigger: ".o_md_collect_ok:not([disabled])", run: "click"},
        {content: "the money is on the order", trigger: ".o_md_collect .o_md_total"},
        step("done"),
        step("none"),
        {content: "money held", trigger: ".o_md_held:contains(100.00)"},
        {trigger: ".o_md_group_finished .o_md_card:contains(Data Centre A)"},
    ],
});

registry.category("web_tour.tours").add("aftersales_myday_leave", {
    steps: () => [
        ...open,
        {content: "not solved", trigger: ".o_md_unsolved", run: "click"},
        {trigger: "[data-choice=part_missing]", run: "click"},
        {trigger: "#o_md_leave_note", run: "edit RAID card ordered"},
        {trigger: ".o_md_leave:not([disabled])", run: "click"},
        {content: "back on the day", trigger: ".o_md_header:contains(My day)"},
    ],
});

/** In a cellar: what is typed and taken there outlives every way out of the page. */
registry.category("web_tour.tours").add("aftersales_myday_offline", {
    steps: () => [
        ...open,
        {trigger: "#o_md_remedy", run: () => goOffline()},
        {trigger: "#o_md_remedy", run: "edit Disk swapped"},
        {trigger: ".o_md_photo_add", run: takePhoto},
        {trigger: ".o_md_photo_waiting:contains(waiting)"},
        {
            content: "The causes seen before are there",
            trigger: "[data-field=cause]",
            run: "click",
        },
        {trigger: ".o_md_cause:contains(Disk worn)"},
        {trigger: ".o_md_causes button[aria-label=Close]", run: "click"},
        {trigger: ".o_md_bar:contains(kept on this phone)"},
        {content: "Back, and in again", trigger: ".o_md_back", run: "click"},
        {trigger: ".o_md_card_open:contains(Data Centre A)", run: "click"},
        {trigger: ".o_desk_retry:enabled", run: () => goOnline()},
        {trigger: ".o_desk_retry:enabled", run: "click"},
        {trigger: "[data-tab=report]", run: "click"},
        {trigger: "#o_md_remedy:value(Disk swapped)"},
        {trigger: ".o_md_photo img[src*='/web/image/']"},
        {trigger: ".o_md_page:not(:has(.o_md_photo_waiting, .o_md_bar, .o_md_saved))"},
    ],
});
