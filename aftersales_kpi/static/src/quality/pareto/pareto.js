import {loadBundle} from "@web/core/assets";
import {Dropdown} from "@web/core/dropdown/dropdown";
import {DropdownItem} from "@web/core/dropdown/dropdown_item";
import {_t} from "@web/core/l10n/translation";
import {RecordSelector} from "@web/core/record_selectors/record_selector";
import {registry} from "@web/core/registry";
import {download} from "@web/core/network/download";
import {useService} from "@web/core/utils/hooks";
import {useSetupAction} from "@web/search/action_hook";
import {Layout} from "@web/search/layout";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {Component, onWillStart, useEffect, useRef, useState} from "@odoo/owl";

const {DateTime} = luxon;
const PARETO = "aftersales.pareto";
const CURVE = "aftersales.failure.curve";
// More bars than this become one: "others".
const MAX_BARS = 15;
const COLORS = {A: "#017e84", B: "#6cb6ba", C: "#c7dfe1"};
const PERIODS = {
    last_year: (today) => [today.minus({years: 1}).plus({days: 1}), today],
    this_year: (today) => [today.startOf("year"), today.endOf("year")],
    year_before: (today) => {
        const day = today.minus({years: 1});
        return [day.startOf("year"), day.endOf("year")];
    },
    quarter: (today) => [today.minus({months: 3}).plus({days: 1}), today],
    month_before: (today) => {
        const day = today.minus({months: 1});
        return [day.startOf("month"), day.endOf("month")];
    },
    years: (today) => [today.minus({years: 3}).plus({days: 1}), today],
};

/**
 * Pareto of faults and trips, and failures by age: bars with the cumulated share, the
 * same as a table, on paper and as a workbook. Every bar opens what stands behind it.
 */
export class Pareto extends Component {
    static template = "aftersales_kpi.Pareto";
    static components = {Layout, Dropdown, DropdownItem, RecordSelector};
    static props = {...standardActionServiceProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.canvas = useRef("canvas");
        this.display = {controlPanel: {}};
        const params = this.props.action.params || {};
        const saved = this.props.state || {};
        const period = saved.period || params.period || "last_year";
        const [from, to] = this.getDays(period);
        this.state = useState({
            tab: saved.tab || params.source || "fault",
            dimension: saved.dimension || params.dimension || false,
            period,
            from: saved.from || from,
            to: saved.to || to,
            teamId: saved.teamId || false,
            productId: saved.productId || false,
            data: null,
            error: "",
        });
        this.periodNames = [
            ["last_year", _t("Last 12 months")],
            ["quarter", _t("Last 3 months")],
            ["month_before", _t("Last month")],
            ["this_year", _t("This year")],
            ["year_before", _t("Last year")],
            ["years", _t("Last 3 years")],
            ["own", _t("Days chosen")],
        ];
        onWillStart(async () => {
            await Promise.all([loadBundle("web.chartjs_lib"), this.load()]);
        });
        useEffect(
            () => {
                this.draw();
                return () => this.chart?.destroy();
            },
            () => [this.state.data],
        );
        useSetupAction({
            getLocalState: () => {
                const {tab, dimension, period, from: start, to: end} = this.state;
                const {teamId, productId} = this.state;
                return {
                    tab,
                    dimension,
                    period,
                    from: start,
                    to: end,
                    teamId,
                    productId,
                };
            },
        });
    }

    // -- options ----------------------------------------------------------------

    getDays(period) {
        const days = (PERIODS[period] || PERIODS.last_year)(DateTime.local());
        return days.map((day) => day.toISODate());
    }

    get isAge() {
        return this.state.tab === "age";
    }

    get isTrip() {
        return this.state.tab === "trip";
    }

    get options() {
        return {
            source: this.isTrip ? "trip" : "fault",
            dimension: this.isAge ? false : this.state.dimension,
            date_from: this.state.from,
            date_to: this.state.to,
            team_id: this.isAge ? false : this.state.teamId,
            product_id: this.state.productId,
        };
    }

    get tabs() {
        return [
            ["fault", _t("Faults")],
            ["age", _t("By age")],
            ["trip", _t("Trips")],
        ];
    }

    get periodName() {
        return this.periodNames.find(([key]) => key === this.state.period)[1];
    }

    get dimensionName() {
        const {data, dimension} = this.state;
        return data?.dimensions?.find(([key]) => key === dimension)?.[1] || "";
    }

    get teamName() {
        const team = this.state.data?.teams?.find(({id}) => id === this.state.teamId);
        return team ? team.display_name : _t("All service points");
    }

    async load() {
        try {
            this.state.error = "";
            this.state.data = this.isAge
                ? await this.orm.call(CURVE, "get_curve", [this.options])
                : await this.loadPareto();
        } catch (error) {
            this.state.error = error.data?.message || error.message;
            this.state.data = null;
        }
    }

    async loadPareto() {
        const data = await this.orm.call(PARETO, "get_pareto", [this.options]);
        this.state.dimension = data.options.dimension;
        return data;
    }

    setTab(tab) {
        if (tab === this.state.tab) {
            return;
        }
        Object.assign(this.state, {tab, dimension: false, data: null});
        if (tab === "age" && this.state.period === "last_year") {
            return this.setPeriod("years");
        }
        return this.load();
    }

    setPeriod(period) {
        this.state.period = period;
        if (period !== "own") {
            [this.state.from, this.state.to] = this.getDays(period);
            return this.load();
        }
    }

    setDay(name, ev) {
        if (ev.target.value) {
            this.state[name] = ev.target.value;
            return this.load();
        }
    }

    set(name, value) {
        this.state[name] = value || false;
        return this.load();
    }

    // -- table --------------------------------------------------------------------

    get rows() {
        return this.state.data?.rows || [];
    }

    /** The bars that are drawn: the last of many stands for all the others. */
    get bars() {
        if (this.rows.length <= MAX_BARS) {
            return this.rows;
        }
        const rest = this.rows.slice(MAX_BARS - 1);
        const count = rest.reduce((sum, row) => sum + row.count, 0);
        const other = {
            keys: rest.map((row) => row.key),
            label: _t("Others (%s)", rest.length),
            count,
            cumulated: 100,
            mark: "C",
        };
        return [...this.rows.slice(0, MAX_BARS - 1), other];
    }

    trend(row) {
        if (!row.previous) {
            return "";
        }
        const change = Math.round((100 * (row.count - row.previous)) / row.previous);
        return change > 0 ? `+${change} %` : `${change} %`;
    }

    number(value, digits = 2) {
        return value === null || value === undefined ? "–" : value.toFixed(digits);
    }

    // -- documents ------------------------------------------------------------------

    async open(keys) {
        const action = await this.orm.call(PARETO, "open_bar", [this.options, keys]);
        return this.action.doAction(action);
    }

    async openAge(age) {
        const action = await this.orm.call(CURVE, "open_age", [this.options, age]);
        return this.action.doAction(action);
    }

    openRow(row) {
        return this.isAge ? this.openAge(row.age) : this.open(row.keys || [row.key]);
    }

    async print() {
        const action = await this.orm.call(PARETO, "action_print", [this.options]);
        return this.action.doAction(action);
    }

    exportWorkbook() {
        const name = this.isAge ? "age" : "pareto";
        return download({
            url: `/aftersales/analysis/${name}.xlsx`,
            data: {options: JSON.stringify(this.options)},
        });
    }

    // -- chart ----------------------------------------------------------------------

    draw() {
        if (!this.canvas.el || !this.rows.length) {
            return;
        }
        const config = this.isAge ? this.ageChart : this.paretoChart;
        // Chart.js is a global of Odoo's own bundle.
        this.chart = new Chart(this.canvas.el, config); // eslint-disable-line no-undef
    }

    getOptions(rows, right) {
        return {
            maintainAspectRatio: false,
            animation: false,
            onClick: (_ev, items) => items.length && this.openRow(rows[items[0].index]),
            onHover: (ev, items) => {
                ev.native.target.style.cursor = items.length ? "pointer" : "default";
            },
            plugins: {legend: {display: true, position: "top", align: "end"}},
            scales: {
                x: {ticks: {autoSkip: this.isAge, maxRotation: 40}},
                left: {position: "left", beginAtZero: true, ticks: {precision: 0}},
                right: {
                    position: "right",
                    beginAtZero: true,
                    grid: {drawOnChartArea: false},
                    ...right,
                },
            },
        };
    }

    get paretoChart() {
        const rows = this.bars;
        return {
            type: "bar",
            data: {
                labels: rows.map((row) => shorten(row.label)),
                datasets: [
                    {
                        type: "line",
                        label: _t("Cumulated %"),
                        data: rows.map((row) => row.cumulated),
                        yAxisID: "right",
                        borderColor: "#d9822b",
                        backgroundColor: "#d9822b",
                        borderWidth: 2,
                        pointRadius: 3,
                    },
                    {
                        label: this.isTrip ? _t("Trips") : _t("Faults"),
                        data: rows.map((row) => row.count),
                        yAxisID: "left",
                        backgroundColor: rows.map((row) => COLORS[row.mark]),
                    },
                ],
            },
            options: this.getOptions(rows, {max: 100}),
        };
    }

    get ageChart() {
        const rows = this.rows;
        return {
            type: "bar",
            data: {
                labels: rows.map((row) => row.age),
                datasets: [
                    {
                        type: "line",
                        label: _t("Faults per 100 machines"),
                        data: rows.map((row) => row.rate),
                        yAxisID: "right",
                        borderColor: "#d9822b",
                        backgroundColor: "#d9822b",
                        borderWidth: 2,
                        pointRadius: 2,
                        spanGaps: false,
                    },
                    {
                        label: _t("Faults"),
                        data: rows.map((row) => row.failures),
                        yAxisID: "left",
                        backgroundColor: COLORS.B,
                    },
                ],
            },
            options: this.getOptions(rows, {}),
        };
    }
}

function shorten(label, length = 18) {
    return label.length > length ? `${label.slice(0, length - 1)}…` : label;
}

registry.category("actions").add("aftersales_pareto", Pareto);
