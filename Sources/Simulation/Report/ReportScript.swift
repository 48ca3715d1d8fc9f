/// The report's script: the map and its animation. It reads the data in the page, and nothing else.
enum ReportScript {
    static let text = "(function () {\n\"use strict\";\n" + model + "\n" + drawing + "\n" + controls + "\n})();"

    /// A run as typed arrays, and what is searched in them.
    private static let model = #"""
        const runs = JSON.parse(document.getElementById("data").textContent);
        const get = (id) => document.getElementById(id);
        const reduced = matchMedia("(prefers-reduced-motion: reduce)");

        // First index in the ascending array whose value is at least so much.
        function lowerBound(values, wanted) {
          let low = 0, high = values.length;
          while (low < high) {
            const middle = (low + high) >> 1;
            if (values[middle] < wanted) low = middle + 1; else high = middle;
          }
          return low;
        }

        // Houses without places of their own stand in a circle.
        function places(run) {
          const houses = run.houses.map((h) => h.slice(0, 3));
          const first = houses[0] || [0, 0, 0];
          const together = houses.length > 1 && houses.every((h) => h.every((v, i) => v === first[i]));
          const tall = houses.some((h) => h[2] !== first[2]);
          const onCircle = (i) => {
            const angle = 2 * Math.PI * i / houses.length;
            return [50 * Math.sin(angle), -50 * Math.cos(angle)];
          };
          // What has storeys is seen from the front and a little from above.
          const flat = (p) => tall ? [p[0] + p[1] * 0.35, -p[2] - p[1] * 0.35] : [p[0], -p[1]];
          return {
            houses: houses.map((h, i) => together ? onCircle(i) : flat(h)),
            devices: run.devices.map((d) => {
              if (!together) return flat(d.slice(1, 4));
              const home = onCircle(d[0]);
              return [home[0] * 1.06, home[1] * 1.06];
            })
          };
        }

        function prepare(run) {
          const at = places(run);
          const hops = [], ends = [], known = (h) => h >= 0 && h < run.houses.length;
          run.journeys.forEach((journey, index) => {
            const path = journey[5];
            const reached = new Map();
            for (let i = 0; i + 2 < path.length; i += 3) {
              if (!known(path[i]) || !known(path[i + 1])) continue;
              const start = reached.has(path[i]) ? reached.get(path[i]) : journey[1];
              hops.push([Math.min(start, path[i + 2]), path[i + 2], path[i], path[i + 1], index]);
              if (!reached.has(path[i + 1])) reached.set(path[i + 1], path[i + 2]);
            }
            const device = run.devices[journey[0]];
            const last = path.length >= 3 ? path[path.length - 2] : journey[4].length ? journey[4][0] : -1;
            if (journey[2] >= 0) ends.push([journey[2], device ? device[0] : last, 1]);
            else if (known(last)) ends.push([path.length >= 3 ? path[path.length - 1] : journey[1], last, 0]);
          });
          hops.sort((a, b) => a[1] - b[1]);
          ends.sort((a, b) => a[0] - b[0]);
          // Of a run that tells no changes houses are all the time as they are at its end.
          const states = run.houses.map((house) => run.states.length ? [] : [[0, house[3]]]);
          for (const [time, house, flags] of run.states) if (known(house)) states[house].push([time, flags]);
          const journeys = run.journeys.map((j, i) => i).sort((a, b) => run.journeys[a][1] - run.journeys[b][1]);
          return {
            run: run, at: at, states: states, hops: hops, hopTimes: Float64Array.from(hops, (h) => h[1]),
            ends: ends, endTimes: Float64Array.from(ends, (e) => e[0]),
            order: journeys, emitted: Float64Array.from(journeys, (i) => run.journeys[i][1]),
            links: run.links.filter((l) => known(l[0]) && known(l[1])),
            box: box(at.houses.concat(at.devices))
          };
        }

        function box(points) {
          let left = Infinity, right = -Infinity, top = Infinity, bottom = -Infinity;
          for (const p of points) {
            left = Math.min(left, p[0]); right = Math.max(right, p[0]);
            top = Math.min(top, p[1]); bottom = Math.max(bottom, p[1]);
          }
          return points.length ? [left, top, right, bottom] : [0, 0, 1, 1];
        }

        function moment(milliseconds) {
          const tenths = Math.floor(Math.max(milliseconds, 0) / 100), two = (n) => (n < 10 ? "0" : "") + n;
          const seconds = Math.floor(tenths / 10) % 60, minutes = Math.floor(tenths / 600) % 60;
          const hours = Math.floor(tenths / 36000);
          return (hours ? hours + ":" + two(minutes) : minutes) + ":" + two(seconds) + "." + tenths % 10;
        }

        function span(milliseconds) {
          if (milliseconds < 1000) return Math.round(milliseconds) + " ms";
          if (milliseconds < 120000) return (milliseconds / 1000).toPrecision(3) + " s";
          return Math.round(milliseconds / 60000) + " min";
        }
        """#

    private static let drawing = ReportScript.drawingText
    private static let controls = ReportScript.controlsText
}
