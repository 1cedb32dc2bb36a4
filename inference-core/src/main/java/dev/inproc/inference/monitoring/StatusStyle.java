package dev.inproc.inference.monitoring;

/** The style sheet of the status page. Text has a contrast of 4.5 to 1 in both schemes. */
final class StatusStyle {
  static final String CSS =
      """

      :root {
        color-scheme: light dark;
        --page: #f4f6f8; --card: #ffffff; --text: #1b2127; --soft: #56606b; --line: #d5dbe1;
        --accent: #2563b8; --mark: #a3370c; --link: #1a56a8;
        --answered: #1e8a5f; --invalid: #a87400; --failed: #c4283a; --expired: #d4611b;
        --cancelled: #78828d; --overloaded: #8a4fd0; --closed: #35578a; --other: #5f6b76;
      }
      @media (prefers-color-scheme: dark) {
        :root {
          --page: #12161b; --card: #1b2128; --text: #e6eaee; --soft: #a2adb8; --line: #39434d;
          --accent: #5b9cf0; --mark: #ffab80; --link: #8dbcff;
          --answered: #3fb984; --invalid: #d9a521; --failed: #f26470; --expired: #f08a4b;
          --cancelled: #8f9aa5; --overloaded: #b58af0; --closed: #7d9fd4; --other: #98a4af;
        }
      }
      * { box-sizing: border-box; }
      body {
        margin: 0 auto; padding: 1rem; max-width: 76rem; background: var(--page);
        color: var(--text); font: 1rem/1.45 system-ui, sans-serif; overflow-wrap: anywhere;
      }
      h1 { margin: 0; font-size: 1.5rem; }
      h2 { margin: 0 0 .5rem; font-size: 1.3rem; }
      h3, h4, h5, h6 { margin: 0 0 .5rem; font-size: 1.05rem; }
      header p { margin: .15rem 0; color: var(--soft); }
      a { color: var(--link); }
      .card {
        margin: 1rem 0; padding: 1rem; background: var(--card);
        border: 1px solid var(--line); border-radius: .5rem;
      }
      .health { margin: 0 0 .5rem; }
      .headline { display: flex; flex-wrap: wrap; gap: .5rem 2.5rem; margin: 0 0 .5rem; }
      .headline dt, .empty, figcaption span { color: var(--soft); }
      .headline dt { font-size: .875rem; }
      .headline dd { margin: 0; font-size: 1.5rem; line-height: 1.2; }
      .layer { margin-top: 1rem; padding-top: 1rem; border-top: 1px solid var(--line); }
      .branch { margin-left: .25rem; padding-left: .9rem; border-left: 3px solid var(--line); }
      .kind {
        margin-right: .35rem; padding: .1rem .45rem; border: 1px solid var(--line);
        border-radius: 1rem; color: var(--soft); font-size: .8125rem; font-weight: normal;
      }
      .body { display: grid; gap: 1.25rem 2rem; align-items: start; }
      @media (min-width: 52rem) { .body { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
      .scroll { overflow-x: auto; }
      table { width: 100%; border-collapse: collapse; font-size: .9375rem; }
      th, td {
        padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line);
        text-align: left; vertical-align: top;
      }
      th { font-weight: normal; }
      thead th, caption { color: var(--soft); font-size: .875rem; text-align: left; }
      td { font-variant-numeric: tabular-nums; }
      .text { white-space: pre-wrap; }
      .facts td, .facts th + th, .summary td, .summary th + th { padding-right: 0; text-align: right; }
      .facts th { min-width: 7rem; }
      .number { white-space: nowrap; }
      .side figure + figure, .side figure + .facts { margin-top: .75rem; }
      .summary td, .summary th + th { padding-left: .75rem; white-space: nowrap; }
      .summary th { min-width: 7rem; }
      .summary th + th { min-width: 0; }
      .events td + td { width: 16rem; }
      .events td:last-child { width: auto; }
      @media (max-width: 40rem) {
        .events thead { display: none; }
        .events tr { display: block; padding: .3rem 0; border-bottom: 1px solid var(--line); }
        .events th, .events td { display: block; padding: 0; border: 0; }
        .events th { color: var(--soft); font-size: .875rem; }
      }
      figure { margin: 0; }
      figcaption { font-size: .9375rem; }
      figcaption span { font-size: .875rem; }
      svg { display: block; width: 100%; max-width: 36rem; height: auto; font: 10.5px system-ui, sans-serif; }
      @media (max-width: 30rem) { svg { font-size: 11.5px; } }
      .bar { fill: var(--accent); }
      .axis { stroke: var(--soft); stroke-width: 1; }
      .mark { stroke: var(--mark); stroke-width: 1.25; }
      .tick { fill: var(--soft); }
      .label {
        fill: var(--mark); stroke: var(--card); stroke-width: 3px; paint-order: stroke;
      }
      .stack {
        display: flex; gap: 1px; height: 1.1rem; max-width: 36rem; margin: .4rem 0;
        border-radius: .25rem; overflow: hidden; forced-color-adjust: none;
      }
      .stack span { flex-basis: 0; min-width: 3px; }
      .legend {
        display: flex; flex-wrap: wrap; gap: .2rem 1.25rem; margin: 0; padding: 0;
        list-style: none; font-size: .9375rem;
      }
      .swatch {
        display: inline-block; width: .75rem; height: .75rem; margin-right: .4rem;
        border-radius: .2rem; forced-color-adjust: none;
      }
      .answered { background: var(--answered); } .invalid { background: var(--invalid); }
      .failed { background: var(--failed); } .expired { background: var(--expired); }
      .cancelled { background: var(--cancelled); } .closed { background: var(--closed); }
      .overloaded { background: var(--overloaded); } .other { background: var(--other); }
      .ready { background: var(--answered); } .starting { background: var(--closed); }
      .degraded { background: var(--invalid); } .hung { background: var(--failed); }
      @media print { .card { break-inside: avoid-page; } }
      """;

  private StatusStyle() {}
}
