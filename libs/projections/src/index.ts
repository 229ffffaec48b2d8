export { currentDefinitions, knownDefinition } from './definitions/current-definitions';
