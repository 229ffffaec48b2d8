/** One configuration; the suffix of a test's name selects its stage (unit, int, e2e). */
const stage = process.env.TEST_STAGE ?? 'unit';
module.exports = {
  rootDir: __dirname,
  testEnvironment: 'node',
  roots: ['<rootDir>/apps', '<rootDir>/libs', '<rootDir>/migrations', '<rootDir>/test'],
  testMatch: [`**/*.${stage}.spec.ts`],
  transform: { '^.+\\.ts$': ['@swc/jest', require('./jest.swc.cjs')] },
  moduleNameMapper: { '^@harvest/([a-z-]+)$': '<rootDir>/libs/$1/src/index' },
  testTimeout: stage === 'unit' ? 15_000 : 60_000,
  workerIdleMemoryLimit: '900MB',
};
