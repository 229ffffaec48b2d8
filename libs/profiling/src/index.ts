export { createProfiling, type Profiling, type ProfilingOptions } from './profiling';
