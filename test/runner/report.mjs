// What a run prints, and the totals behind its last line.
const MARK = { pass: '✔', fail: '✘' };

export class Report {
  constructor() {
    this.passed = 0;
    this.failed = 0;
    this.skipped = [];
    this.startedMs = Date.now();
  }

  /** A check that counts as one. */
  gate(name, { ok, seconds, budget, output }) {
    if (ok) this.passed += 1;
    else this.failed += 1;
    this.#line({ name, ok, seconds, budget });
    if (!ok) console.log(output.trimEnd());
  }

  suite(name, { ok, seconds, budget, output, passed, failed, skipped }) {
    this.passed += passed;
    this.failed += failed;
    this.skipped.push(...skipped.map((title) => `${name}: ${title}`));
    this.#line({ name, ok: ok && failed === 0, seconds, budget, detail: `${passed} passed, ${failed} failed, ${skipped.length} skipped` });
    if (!ok && output) console.log(output.trimEnd());
  }

  #line({ name, ok, seconds, budget, detail = '' }) {
    const late = seconds > budget ? ' OVER BUDGET' : '';
    console.log(
      `${ok ? MARK.pass : MARK.fail} ${name.padEnd(14)} ${seconds.toFixed(1).padStart(6)} s of ${budget} s${late}  ${detail}`.trimEnd(),
    );
  }

  /** The last line is the one that machines read. */
  finish() {
    if (this.skipped.length > 0) console.log(['skipped, with the reason in the title:', ...this.skipped].join('\n  '));
    console.log(`total ${((Date.now() - this.startedMs) / 1000).toFixed(0)} s`);
    console.log(`${this.passed} passed, ${this.failed} failed, ${this.skipped.length} skipped`);
    return this.failed === 0 ? 0 : 1;
  }
}
