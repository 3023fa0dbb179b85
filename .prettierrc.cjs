// The plugin is looked up where setup/ put it, then where npm does.
const plugin = require.resolve("@prettier/plugin-xml", {
    paths: [__dirname, ...(process.env.NODE_PATH || "").split(":")],
});

module.exports = {
    plugins: [plugin],
    printWidth: 88,
    tabWidth: 4,
    bracketSpacing: false,
    xmlWhitespaceSensitivity: "strict",
    xmlSelfClosingSpace: true,
};
