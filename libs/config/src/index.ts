export type { Config, ServiceConfig } from './config';
export { renderEnvExample } from './configuration-documents';
export { describeConfig } from './describe-config';
export type { VariableAbout, VariableName } from './environment';
export { aboutVariable, VARIABLE_NAMES } from './environment';
export type { ConfigProblem, RawEnvironment } from './load-config';
export { loadConfig, loadServiceConfig } from './load-config';
export { POISON_FAMILIES } from './rules';
export type { OnPoison, PoisonPolicy, TrustProxy } from './rules';
