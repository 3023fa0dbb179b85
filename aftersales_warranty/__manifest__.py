{
    "name": "After-Sales Warranty",
    "summary": "Warranty terms, supplier claims and deposits for service orders",
    "version": "19.0.1.1.0",
    "category": "Services/After-Sales",
    "website": "https://github.com/aftersales-odoo/aftersales",
    "author": "After-Sales for Odoo",
    "license": "LGPL-3",
    "depends": ["aftersales_service"],
}
