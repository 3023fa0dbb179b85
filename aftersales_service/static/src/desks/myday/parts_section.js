import {Component, useRef, useState} from "@odoo/owl";
import {isBarcodeScannerSupported} from "@web/core/barcode/barcode_video_scanner";
import {scanBarcode} from "@web/core/barcode/barcode_dialog";
import {_t} from "@web/core/l10n/translation";
import {KeepLast} from "@web/core/utils/concurrency";
import {useService} from "@web/core/utils/hooks";
import {useDebounced} from "@web/core/utils/timing";
import {Draft, explain} from "@aftersales_service/base/desk_kit";
import {askOrRecall, hasWords, helpers} from "./myday_utils";

/** What is at hand, as it was last seen with a connection. */
const kept = () => new Draft("aftersales_parts");

function searchParts(orm, orderId, text) {
    return orm.call("aftersales.order", "search_parts", [[orderId], text]);
}

export async function keepParts(orm, orderId) {
    kept().save(await searchParts(orm, orderId, ""));
}

/** Parts of the order: scan or type, own van first, quantity by thumb (SV-40, 41). */
export class PartsSection extends Component {
    static template = "aftersales_service.MyDayParts";
    static props = {order: Object, desk: Object, left: Object, act: Function};

    setup() {
        this.work = useState(this.props.desk.state);
        this.orm = useService("orm").silent;
        this.input = useRef("input");
        this.keepLast = new KeepLast();
        this.canScan = isBarcodeScannerSupported();
        this.helpers = helpers;
        this.state = useState({
            text: "",
            rows: null,
            message: "",
            open: "",
        });
        this.left = useState(this.props.left);
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
        const {text} = this.state;
        try {
            this.state.rows = await this.keepLast.add(
                askOrRecall(
                    kept(),
                    () => searchParts(this.orm, this.props.order.id, text),
                    (row) => hasWords(text, row.name, row.default_code),
                ),
            );
            this.state.message = "";
        } catch (error) {
            this.state.message = explain(error);
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

    callOrder(method, ...args) {
        return this.props.act("aftersales.order", method, [
            [this.props.order.id],
            ...args,
        ]);
    }

    async add(row, lotId) {
        const args = [row.product_id, 1, lotId || false, row.location_id || false];
        if (await this.callOrder("add_part", ...args)) {
            this.closeSearch();
        }
    }

    closeSearch() {
        Object.assign(this.state, {text: "", rows: null, open: "", message: ""});
    }

    // -- lines --------------------------------------------------------------------

    saveLine(line, values) {
        const args = [this.props.order.id, line.id, values];
        return this.props.act("aftersales.myday", "save_line", args, `line-${line.id}`);
    }

    addQuantity(line, change) {
        const value = line.quantity + change;
        if (value > 0) {
            return this.saveLine(line, {quantity: value});
        }
    }

    setOldPart(line, state) {
        if (state === "left") {
            Object.assign(this.left, {line: line.id, note: line.old_part_note});
            return;
        }
        this.left.line = false;
        return this.saveLine(line, {old_part_state: state, old_part_note: ""});
    }

    async saveLeft(line) {
        const values = {old_part_state: "left", old_part_note: this.left.note};
        if (await this.saveLine(line, values)) {
            this.left.line = false;
        }
    }
}
