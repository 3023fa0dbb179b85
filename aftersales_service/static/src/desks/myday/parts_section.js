import {Component, useRef, useState} from "@odoo/owl";
import {isBarcodeScannerSupported} from "@web/core/barcode/barcode_video_scanner";
import {scanBarcode} from "@web/core/barcode/barcode_dialog";
import {_t} from "@web/core/l10n/translation";
import {KeepLast} from "@web/core/utils/concurrency";
import {useService} from "@web/core/utils/hooks";
import {useDebounced} from "@web/core/utils/timing";
import {dayName, errorMessage, isExplained, isLost, quantity} from "./myday_utils";

/** Parts of the order: scan or type, own van first, quantity by thumb (SV-40, 41). */
export class PartsSection extends Component {
    static template = "aftersales_service.MyDayParts";
    static props = {order: Object, busy: String, act: Function};

    setup() {
        this.orm = useService("orm").silent;
        this.input = useRef("input");
        this.keepLast = new KeepLast();
        this.canScan = isBarcodeScannerSupported();
        this.helpers = {quantity, dayName};
        this.state = useState({
            text: "",
            rows: null,
            message: "",
            open: "",
            leftLine: false,
            leftNote: "",
        });
        this.searchSoon = useDebounced(() => this.search(), 300);
    }

    get lines() {
        return this.props.order.lines.filter((line) => line.kind === "part");
    }

    get canRequest() {
        return this.props.order.working && this.lines.some((line) => line.can_request);
    }

    // -- search -------------------------------------------------------------------

    onInput(ev) {
        this.state.text = ev.target.value;
        this.searchSoon();
    }

    rowKey(row) {
        return `${row.product_id}-${row.location_id}`;
    }

    async search() {
        try {
            this.state.rows = await this.keepLast.add(
                this.orm.call("aftersales.order", "search_parts", [
                    [this.props.order.id],
                    this.state.text,
                ]),
            );
            this.state.message = "";
        } catch (error) {
            if (!isLost(error) && !isExplained(error)) {
                throw error;
            }
            this.state.message = isLost(error)
                ? _t("No connection. Try again in a moment.")
                : errorMessage(error);
        }
    }

    async scan() {
        let code = "";
        try {
            code = await scanBarcode(this.env);
        } catch (error) {
            this.state.message = error.message || _t("The camera cannot be used.");
            return;
        }
        this.state.text = code;
        await this.search();
        const rows = this.state.rows || [];
        const row = rows.find((one) => one.lot_id) || (rows.length === 1 && rows[0]);
        if (row && (row.tracking === "none" || row.lot_id)) {
            await this.add(row, row.lot_id);
        } else if (!rows.length) {
            this.state.message = _t(
                "Nothing found for %s. Type the name instead.",
                code,
            );
        }
    }

    choose(row) {
        if (row.tracking === "none" || row.lot_id || !row.lots.length) {
            return this.add(row, row.lot_id);
        }
        const key = this.rowKey(row);
        this.state.open = this.state.open === key ? "" : key;
    }

    async add(row, lotId) {
        const added = await this.props.act("add_part", () => [
            [
                "aftersales.order",
                "add_part",
                [
                    [this.props.order.id],
                    row.product_id,
                    1,
                    lotId || false,
                    row.location_id || false,
                ],
            ],
        ]);
        if (added) {
            Object.assign(this.state, {text: "", rows: null, open: "", message: ""});
        }
    }

    closeSearch() {
        Object.assign(this.state, {text: "", rows: null, open: "", message: ""});
    }

    // -- lines --------------------------------------------------------------------

    saveLine(line, values) {
        return this.props.act(`line-${line.id}`, () => [
            ["aftersales.myday", "save_line", [this.props.order.id, line.id, values]],
        ]);
    }

    addQuantity(line, change) {
        const value = line.quantity + change;
        if (value > 0) {
            return this.saveLine(line, {quantity: value});
        }
    }

    remove(line) {
        return this.props.act("remove_part", () => [
            ["aftersales.order", "remove_part", [[this.props.order.id], line.id]],
        ]);
    }

    request() {
        return this.props.act("request", () => [
            ["aftersales.order", "action_request_parts", [[this.props.order.id]]],
        ]);
    }

    setOldPart(line, state) {
        if (state === "left") {
            this.state.leftLine = line.id;
            this.state.leftNote = line.old_part_note;
            return;
        }
        this.state.leftLine = false;
        return this.saveLine(line, {old_part_state: state, old_part_note: ""});
    }

    async saveLeft(line) {
        const values = {old_part_state: "left", old_part_note: this.state.leftNote};
        if (await this.saveLine(line, values)) {
            this.state.leftLine = false;
        }
    }
}
