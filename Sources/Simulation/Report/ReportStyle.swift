/// The report's style sheet: one column of sections, light or dark as the reader's system is, and paper.
enum ReportStyle {
    static let text = #"""
        :root { color-scheme: light dark; --paper: #ffffff; --panel: #f5f6f8; --ink: #1b2127; --soft: #56616c;
          --rule: #d5dbe1; --accent: #1d5fb0; --good: #17744a; --goodpaper: #e4f3ea; --bad: #b3261e;
          --badpaper: #fbe9e7; --warn: #8a5200; --warnpaper: #fbf0dc;
          --one: #2b6cb8; --two: #d2761b; --three: #15857a; --four: #7b55a6; --grey: #98a3ad; --faint: #e3e8ed; }
        @media (prefers-color-scheme: dark) { :root { --paper: #12161a; --panel: #1b2127; --ink: #e7ebee;
          --soft: #a3afba; --rule: #343d46; --accent: #7fb4f0; --good: #6fd3a0; --goodpaper: #14301f;
          --bad: #ff8f84; --badpaper: #3a1917; --warn: #f0b45a; --warnpaper: #35270f;
          --one: #6aa8ee; --two: #f0a050; --three: #4fc4b6; --four: #b997e0; --grey: #6f7b86; --faint: #2a323a; } }
        * { box-sizing: border-box; }
        html { scroll-padding-top: 3.5rem; -webkit-text-size-adjust: 100%; }
        body { margin: 0; background: var(--paper); color: var(--ink);
          font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif; }
        a { color: var(--accent); }
        :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
        .skip { position: absolute; left: -99rem; }
        .skip:focus { left: 1rem; top: 1rem; background: var(--paper); padding: .5rem; z-index: 9; }
        main, header { overflow-wrap: anywhere; }
        .scroll, .plot, button { overflow-wrap: normal; }
        select { max-width: 100%; }
        header, main, footer { max-width: 76rem; margin: 0 auto; padding: 0 1.25rem; }
        header { padding-top: 2rem; }
        header p { margin: .25rem 0; max-width: 48rem; }
        h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .4rem; overflow-wrap: anywhere; }
        h2 { font-size: 1.3rem; margin: 2.75rem 0 .75rem; }
        h3 { font-size: 1rem; margin: 0 0 .25rem; }
        .soft, figcaption p, .note { color: var(--soft); font-size: .9rem; }
        .facts { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; color: var(--soft); font-size: .9rem;
          margin: .5rem 0 0; padding: 0; list-style: none; }
        nav { position: sticky; top: 0; background: var(--paper); border-bottom: 1px solid var(--rule);
          z-index: 5; margin-top: 1.25rem; }
        nav ul { max-width: 76rem; margin: 0 auto; padding: 0 1.25rem; display: flex; overflow-x: auto;
          gap: 1.4rem; list-style: none; white-space: nowrap; }
        nav a { display: block; padding: .65rem 0; font-size: .92rem; text-decoration: none; color: var(--soft); }
        nav a:hover { color: var(--ink); text-decoration: underline; }

        .verdict { border-left: .5rem solid var(--good); background: var(--goodpaper); padding: 1.1rem 1.3rem;
          margin: 1.5rem 0 0; border-radius: .3rem; }
        .verdict.broken { border-color: var(--bad); background: var(--badpaper); }
        .verdict.open { border-color: var(--warn); background: var(--warnpaper); }
        .verdict h2 { margin: 0 0 .35rem; font-size: 1.55rem; line-height: 1.25; }
        .verdict p, .verdict ul { margin: .35rem 0 0; max-width: 60rem; }
        .verdict ul { padding-left: 1.2rem; }
        .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .75rem;
          margin: 1rem 0 0; padding: 0; }
        .tiles div { background: var(--panel); border-radius: .4rem; padding: .7rem .9rem; }
        .tiles dt { color: var(--soft); font-size: .85rem; }
        .tiles dd { margin: 0; font-size: 1.35rem; font-weight: 600; line-height: 1.3; }
        .tiles dd small { display: block; font-size: .82rem; font-weight: 400; color: var(--soft); }

        .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); gap: 1.75rem; }
        .scroll + .charts, .scroll + .scroll { margin-top: 1.75rem; }
        figure { margin: 0; min-width: 0; }
        figure.wide { grid-column: 1 / -1; }
        figcaption p { margin: 0 0 .5rem; }
        .plot { display: grid; grid-template-columns: auto minmax(0, 1fr); column-gap: .5rem;
          font-size: .8rem; color: var(--soft); font-variant-numeric: tabular-nums; }
        .plot .y { max-width: 8rem; overflow-x: clip; display: flex; flex-direction: column; justify-content: space-between; text-align: right;
          margin: -.55rem 0; line-height: 1.1rem; white-space: nowrap; }
        .plot .x { overflow: hidden; gap: .5rem; grid-column: 2; display: flex; justify-content: space-between; padding-top: .25rem; }
        .plot svg { width: 100%; height: 11rem; display: block; overflow: visible; }
        .plot.low svg { height: 4.5rem; }
        svg .frame { stroke: var(--rule); stroke-width: 1; vector-effect: non-scaling-stroke; fill: none; }
        svg .one { fill: var(--one); } svg .two { fill: var(--two); } svg .three { fill: var(--three); }
        svg .four { fill: var(--four); } svg .grey { fill: var(--grey); } svg .bad { fill: var(--bad); }
        svg .good { fill: var(--good); } svg .faint { fill: var(--faint); }
        svg .line { fill: none; stroke: var(--ink); stroke-width: 1.5; vector-effect: non-scaling-stroke; }
        svg .dash { stroke-dasharray: 5 4; }
        svg .dots { fill: none; stroke: var(--one); stroke-width: 8; stroke-linecap: round; stroke-opacity: .55;
          vector-effect: non-scaling-stroke; }
        svg .dots.bad { stroke: var(--bad); }
        .keys { display: flex; flex-wrap: wrap; gap: .15rem 1.1rem; list-style: none; margin: .5rem 0 0; padding: 0;
          font-size: .85rem; color: var(--soft); }
        .keys svg { width: .8rem; height: .8rem; margin-right: .4rem; vertical-align: -.05rem; }

        .scroll { overflow-x: auto; }
        table { border-collapse: collapse; width: 100%; font-size: .9rem; font-variant-numeric: tabular-nums; }
        caption { text-align: left; color: var(--soft); padding: .3rem 0; }
        th, td { text-align: left; padding: .38rem .8rem .38rem 0; border-bottom: 1px solid var(--rule);
          vertical-align: top; }
        th { font-weight: 600; }
        thead th { color: var(--soft); font-weight: 500; vertical-align: bottom; }
        .number { text-align: right; white-space: nowrap; } .short { white-space: nowrap; }
        td.bar { width: 45%; min-width: 8rem; }
        td.bar svg { width: 100%; height: .95rem; display: block; margin-top: .25rem; }
        .spread { width: 100%; min-width: 10rem; height: 1.4rem; display: block; }
        td.wide { overflow-wrap: anywhere; }
        details { margin-top: .6rem; }
        summary { cursor: pointer; color: var(--accent); font-size: .9rem; }
        .state { white-space: nowrap; font-weight: 600; }
        .state.kept { color: var(--good); } .state.broken { color: var(--bad); } .state.open { color: var(--soft); }
        pre { background: var(--panel); padding: .8rem 1rem; border-radius: .3rem; overflow-x: auto; font-size: .9rem; }
        code { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .95em; overflow-wrap: anywhere; }
        footer { margin-top: 3rem; padding-bottom: 2.5rem; color: var(--soft); font-size: .85rem; }
        """# + player + paper

    private static let player = #"""

        #player { border: 1px solid var(--rule); border-radius: .5rem; overflow: hidden; }
        .stage { position: relative; background: var(--panel); }
        #picture { display: block; width: 100%; height: min(34rem, 68vh); touch-action: pan-y; cursor: grab; }
        #clock { position: absolute; left: .9rem; top: .7rem; font-size: 1.15rem; font-weight: 600; margin: 0;
          font-variant-numeric: tabular-nums; pointer-events: none; }
        #clock small { display: block; font-weight: 400; font-size: .82rem; color: var(--soft); }
        .zoom { position: absolute; right: .7rem; top: .7rem; display: flex; flex-direction: column; gap: .3rem; }
        #strip { display: block; width: 100%; height: 2.2rem; background: var(--panel); }
        .controls { padding: .4rem .9rem .8rem; border-top: 1px solid var(--rule); }
        .row { display: flex; flex-wrap: wrap; gap: .6rem 1rem; align-items: center; margin-top: .5rem; }
        #time { width: 100%; margin: 0; accent-color: var(--accent); height: 1.6rem; display: block; }
        button, select, input[type=number] { font: inherit; font-size: .92rem; color: var(--ink); min-height: 2.25rem;
          background: var(--paper); border: 1px solid var(--grey); border-radius: .35rem; padding: .3rem .7rem; }
        button { cursor: pointer; }
        button:hover { border-color: var(--accent); }
        #play { min-width: 6rem; font-weight: 600; background: var(--accent); color: var(--paper);
          border-color: var(--accent); }
        .zoom button { width: 2.25rem; padding: 0; }
        input[type=number] { width: 6.5rem; }
        label { font-size: .92rem; display: inline-flex; gap: .4rem; align-items: center; }
        .told { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 0 2rem; }
        .told p { margin: .6rem 0 0; min-height: 3em; font-size: .92rem; overflow-wrap: anywhere; }
        .mapkeys { padding: 0 .9rem .2rem; }
        .mapkeys svg { width: 1.15rem; height: 1.15rem; vertical-align: -.25rem; }
        .mapkeys .node { fill: var(--soft); } .mapkeys .hollow { fill: none; stroke: var(--soft); stroke-width: 2; }
        .mapkeys .dashed { stroke-dasharray: 2 2; }
        .mapkeys .link { stroke: var(--grey); stroke-width: 2; } .mapkeys .hop { stroke: var(--two); stroke-width: 4; }
        .mapkeys .came { fill: none; stroke: var(--good); stroke-width: 3; }
        .mapkeys .lost { fill: none; stroke: var(--bad); stroke-width: 3; }
        .mapkeys .liar { fill: var(--bad); } .mapkeys .fault { fill: var(--two); } .mapkeys .device { fill: var(--one); }
        """#

    private static let paper = #"""

        @media (max-width: 40rem) { header { padding-top: 1.25rem; } h1 { font-size: 1.5rem; }
          .verdict h2 { font-size: 1.25rem; } #picture { height: 24rem; } .tiles { grid-template-columns: 1fr 1fr; }
          .zoom { flex-direction: row; } th, td { padding-right: .55rem; } td.bar { min-width: 5rem; width: 30%; } }
        @media (prefers-contrast: more) { :root { --soft: var(--ink); --rule: var(--ink); } }
        @media print { nav, .controls, .zoom, .skip { display: none; } #picture { height: 24rem; }
          figure, tr { break-inside: avoid; } }
        """#
}
