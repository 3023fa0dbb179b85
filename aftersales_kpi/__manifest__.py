{
    "name": "After-Sales KPI",
    "summary": "Monthly scores and figures of the after-sales service",
    "version": "19.0.1.0.0",
    "category": "Services/After-Sales",
    "website": "https://github.com/aftersales-odoo/aftersales",
    "author": "After-Sales for Odoo",
    "license": "LGPL-3",
    "depends": ["aftersales_warranty"],
}
