// The build's own compiler settings, read once, so that tests run what the build makes.
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const settings = JSON.parse(readFileSync(join(__dirname, '.swcrc'), 'utf8'));
delete settings.$schema;
delete settings.jsc.paths;
delete settings.jsc.baseUrl;
module.exports = { ...settings, swcrc: false, sourceMaps: 'inline' };
