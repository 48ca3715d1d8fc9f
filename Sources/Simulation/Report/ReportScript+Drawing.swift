extension ReportScript {
    /// The map and the strip below it, drawn anew for each moment.
    static let drawingText = #"""
        const canvas = get("picture"), strip = get("strip");
        const view = { run: null, time: 0, trail: 900, zoom: 1, east: 0, north: 0, chosen: -1, house: -1 };
        let colours = {};

        function readColours() {
          const style = getComputedStyle(document.documentElement);
          for (const name of ["paper", "panel", "ink", "soft", "rule", "one", "two", "three", "grey", "good", "bad", "accent"])
            colours[name] = style.getPropertyValue("--" + name).trim();
        }

        function sized(surface) {
          const ratio = window.devicePixelRatio || 1;
          const width = surface.clientWidth, height = surface.clientHeight;
          if (surface.width !== Math.round(width * ratio) || surface.height !== Math.round(height * ratio)) {
            surface.width = Math.round(width * ratio);
            surface.height = Math.round(height * ratio);
          }
          const context = surface.getContext("2d");
          context.setTransform(ratio, 0, 0, ratio, 0, 0);
          context.clearRect(0, 0, width, height);
          return { context: context, width: width, height: height };
        }

        // From metres to pixels: the whole map with a margin, moved and zoomed.
        function projection(width, height) {
          const [left, top, right, bottom] = view.run.box;
          const margin = width < 500 ? 26 : 44, head = width < 500 ? 44 : 24;
          const scale = view.zoom * Math.min(
            (width - 2 * margin) / Math.max(right - left, 1), (height - 2 * margin - head) / Math.max(bottom - top, 1));
          const east = (left + right) / 2 + view.east, north = (top + bottom) / 2 + view.north;
          return { scale: scale, to: (p) => [width / 2 + (p[0] - east) * scale, (height + head) / 2 + (p[1] - north) * scale] };
        }

        function radius(scale) {
          const count = view.run.run.houses.length;
          const spacing = Math.sqrt(Math.max((view.run.box[2] - view.run.box[0]) * (view.run.box[3] - view.run.box[1]), 1) / Math.max(count, 1));
          return Math.max(1.6, Math.min(9, spacing * scale * 0.2, 60 * view.zoom / Math.sqrt(Math.max(count, 1))));
        }

        function drawMap() {
          const { context, width, height } = sized(canvas);
          if (!view.run || width < 2) return;
          const { run } = view.run, project = projection(width, height), size = radius(project.scale);
          const houses = view.run.at.houses.map(project.to);
          if (get("links").checked) drawLinks(context, houses);
          if (get("devices").checked) drawDevices(context, project, size);
          drawHops(context, houses, size);
          drawHouses(context, run, houses, size);
          if (view.chosen >= 0) drawPath(context, run, houses, size, project);
          drawEnds(context, houses, size);
          drawFaults(context, run, houses, size);
          drawEmissions(context, project, size);
          get("clock").innerHTML = "";
          get("clock").append(moment(view.time));
          const small = document.createElement("small");
          small.textContent = "of " + moment(run.ran);
          get("clock").append(small);
        }

        function stroke(context, colour, width, alpha) {
          context.strokeStyle = colour;
          context.lineWidth = width;
          context.globalAlpha = alpha;
        }

        function drawLinks(context, houses) {
          stroke(context, colours.grey, houses.length > 400 ? 0.8 : 1.4, 0.75);
          context.beginPath();
          for (const link of view.run.links) {
            if (link[2] > view.time || (link[3] >= 0 && link[3] < view.time)) continue;
            context.moveTo(houses[link[0]][0], houses[link[0]][1]);
            context.lineTo(houses[link[1]][0], houses[link[1]][1]);
          }
          context.stroke();
          context.globalAlpha = 1;
        }

        function drawDevices(context, project, size) {
          context.fillStyle = colours.one;
          const side = Math.max(1, Math.min(3, size * 0.4));
          for (const place of view.run.at.devices) {
            const [x, y] = project.to(place);
            context.beginPath();
            context.arc(x, y, side, 0, 7);
            context.fill();
          }
        }

        // How a house is at the time that is shown: 1 lends nothing, 2 lies, 4 without power, 8 a fault in force.
        function stateOf(house) {
          const changes = view.run.states[house];
          let low = 0, high = changes.length;
          while (low < high) {
            const middle = (low + high) >> 1;
            if (changes[middle][0] <= view.time) low = middle + 1; else high = middle;
          }
          return low ? changes[low - 1][1] : 0;
        }

        function drawHouses(context, run, houses, size) {
          const label = size >= 6 && houses.length <= 120;
          context.font = "12px system-ui, sans-serif";
          context.textAlign = "center";
          houses.forEach(([x, y], index) => {
            const flags = stateOf(index), isHollow = flags & 5;
            context.beginPath();
            if (flags & 2) {
              context.moveTo(x, y - size * 1.4); context.lineTo(x + size * 1.4, y);
              context.lineTo(x, y + size * 1.4); context.lineTo(x - size * 1.4, y); context.closePath();
            } else context.arc(x, y, size, 0, 7);
            context.fillStyle = isHollow ? colours.panel : flags & 2 ? colours.bad : colours.soft;
            context.fill();
            if (isHollow) {
              if (flags & 4) context.setLineDash([2, 2]);
              stroke(context, flags & 2 ? colours.bad : colours.soft, Math.max(1, size / 4), 1); context.stroke();
              context.setLineDash([]);
            }
            if (index === view.house) {
              stroke(context, colours.accent, 3, 1);
              context.beginPath(); context.arc(x, y, size + 5, 0, 7); context.stroke();
            }
            if (label) {
              stroke(context, colours.panel, 4, 1); context.lineJoin = "round"; context.strokeText(String(index), x, y + size + 13);
              context.fillStyle = colours.soft; context.fillText(String(index), x, y + size + 13);
            }
          });
          context.globalAlpha = 1;
        }

        // Hops that ended within the trail, fading, and those under way as dots.
        function drawHops(context, houses, size) {
          const { hops, hopTimes } = view.run, trail = view.trail;
          const first = Math.max(lowerBound(hopTimes, view.time - trail), 0);
          const ahead = lowerBound(hopTimes, view.time + Math.min(trail * 4, 20000));
          const last = Math.min(ahead, first + 6000);
          for (let i = first; i < last; i++) {
            const [start, end, from, to] = hops[i];
            const [a, b] = [houses[from], houses[to]];
            if (end <= view.time) {
              stroke(context, colours.two, Math.max(2, size * 0.45), reduced.matches ? 0.9 : 1 - 0.85 * (view.time - end) / trail);
              if (view.chosen >= 0) context.globalAlpha *= 0.25;
              context.beginPath(); context.moveTo(a[0], a[1]); context.lineTo(b[0], b[1]); context.stroke();
            } else if (start < view.time) {
              const part = (view.time - start) / Math.max(end - start, 1);
              context.globalAlpha = 1;
              context.fillStyle = colours.two;
              context.beginPath();
              context.arc(a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part, Math.max(2.5, size * 0.55), 0, 7);
              context.fill();
            }
          }
          context.globalAlpha = 1;
        }

        function drawEnds(context, houses, size) {
          const { ends, endTimes } = view.run, until = lowerBound(endTimes, view.time + 0.5);
          for (let i = Math.max(lowerBound(endTimes, view.time - view.trail), until - 3000); i < until; i++) {
            const [time, house, delivered] = ends[i], age = (view.time - time) / view.trail;
            const [x, y] = houses[house] || [0, 0];
            const reach = size + 3 + (reduced.matches ? 2 : (3 + size / 2) * age);
            stroke(context, delivered ? colours.good : colours.bad, 2.5, 1 - 0.8 * age);
            context.beginPath();
            if (delivered) context.arc(x, y, reach, 0, 7);
            else {
              context.moveTo(x - reach, y - reach); context.lineTo(x + reach, y + reach);
              context.moveTo(x + reach, y - reach); context.lineTo(x - reach, y + reach);
            }
            context.stroke();
          }
          context.globalAlpha = 1;
        }

        // A fault that has just begun stands as a mark over each of its houses, as the strip shows it; one that is in force
        // as a smaller one.
        function drawFaults(context, run, houses, size) {
          context.fillStyle = colours.two;
          const side = Math.max(4, size * 0.8), small = side / 2;
          houses.forEach(([x, y], index) => {
            if (!(stateOf(index) & 8)) return;
            const foot = y - size - 2;
            context.beginPath(); context.moveTo(x - small, foot - 1.8 * small); context.lineTo(x + small, foot - 1.8 * small);
            context.lineTo(x, foot); context.closePath(); context.fill();
          });
          for (const [time, struck] of run.faults) {
            if (time > view.time || time <= view.time - view.trail) continue;
            context.globalAlpha = 1 - 0.8 * (view.time - time) / view.trail;
            const places = struck === -1 ? houses : struck.map((house) => houses[house]).filter((place) => place);
            for (const [x, y] of places) {
              const foot = y - size - 2;
              context.beginPath(); context.moveTo(x - side, foot - 1.8 * side); context.lineTo(x + side, foot - 1.8 * side);
              context.lineTo(x, foot); context.closePath(); context.fill();
            }
          }
          context.globalAlpha = 1;
        }

        function drawEmissions(context, project, size) {
          const { emitted, order, run, at } = view.run, until = lowerBound(emitted, view.time + 0.5);
          for (let i = Math.max(lowerBound(emitted, view.time - view.trail), until - 3000); i < until; i++) {
            const place = at.devices[run.journeys[order[i]][0]];
            if (!place) continue;
            const [x, y] = project.to(place), age = (view.time - emitted[i]) / view.trail;
            stroke(context, colours.one, 2, 1 - 0.85 * age);
            context.beginPath(); context.arc(x, y, 3 + (reduced.matches ? 4 : (4 + size) * age), 0, 7); context.stroke();
          }
          context.globalAlpha = 1;
        }

        // The chosen event's whole way, with arrows, whatever the time.
        function drawPath(context, run, houses, size, project) {
          const journey = run.journeys[view.chosen], path = journey[5];
          const place = view.run.at.devices[journey[0]];
          stroke(context, colours.one, 2, 1);
          if (place) {
            const [x, y] = project.to(place);
            context.setLineDash([4, 4]);
            for (const house of journey[4]) {
              if (!houses[house]) continue;
              context.beginPath(); context.moveTo(x, y); context.lineTo(houses[house][0], houses[house][1]); context.stroke();
            }
            context.setLineDash([]);
            context.beginPath(); context.arc(x, y, 6, 0, 7); context.stroke();
          }
          const main = new Set(mainPath(run, journey));
          context.fillStyle = colours.two;
          for (let i = 0; i + 2 < path.length; i += 3) {
            stroke(context, colours.two, main.has(i) ? Math.max(3, size * 0.5) : 1.2, main.has(i) ? 1 : 0.8);
            const [a, b] = [houses[path[i]], houses[path[i + 1]]];
            if (!a || !b) continue;
            const length = Math.hypot(b[0] - a[0], b[1] - a[1]) || 1;
            const [u, v] = [(b[0] - a[0]) / length, (b[1] - a[1]) / length];
            const inset = Math.min(size + 2, length / 3), [x, y] = [b[0] - u * inset, b[1] - v * inset];
            context.beginPath(); context.moveTo(a[0] + u * inset, a[1] + v * inset); context.lineTo(x - u * 6, y - v * 6); context.stroke();
            if (!main.has(i)) continue;
            context.beginPath(); context.moveTo(x, y);
            context.lineTo(x - u * 10 - v * 6, y - v * 10 + u * 6); context.lineTo(x - u * 10 + v * 6, y - v * 10 - u * 6);
            context.closePath(); context.fill();
          }
        }

        // The hops by which an event first came home, or to the last house that it reached.
        function mainPath(run, journey) {
          const path = journey[5], firstTo = new Map(), device = run.devices[journey[0]];
          for (let i = 0; i + 2 < path.length; i += 3)
            if (!firstTo.has(path[i + 1]) || path[firstTo.get(path[i + 1]) + 2] > path[i + 2]) firstTo.set(path[i + 1], i);
          let house = journey[2] >= 0 && device ? device[0] : path[path.length - 2];
          const steps = [], heard = new Set(journey[4]);
          while (firstTo.has(house) && !heard.has(house) && steps.length <= path.length) {
            steps.unshift(firstTo.get(house));
            house = path[firstTo.get(house)];
          }
          return steps;
        }

        // Events over time, faults above and broken promises below, as wide as the slider's way.
        function drawStrip() {
          const { context, width, height } = sized(strip);
          if (!view.run || width < 60) return;
          const { run, emitted } = view.run, edge = 22, length = width - 2 * edge, total = Math.max(run.ran, 1);
          const slots = Math.max(20, Math.floor(length / 4)), counts = new Array(slots).fill(0);
          for (const time of emitted) counts[Math.min(slots - 1, Math.max(0, Math.floor(time / total * slots)))]++;
          const most = Math.max(1, ...counts);
          context.fillStyle = colours.one; context.globalAlpha = 0.45;
          counts.forEach((count, i) => {
            const tall = count / most * (height - 12);
            context.fillRect(edge + i * length / slots, height - tall, length / slots - 1, tall);
          });
          context.globalAlpha = 1;
          for (const [marks, colour] of [[run.faults, colours.two], [run.broken, colours.bad]]) {
            context.fillStyle = colour;
            for (const mark of marks) {
              const x = edge + mark[0] / total * length;
              context.beginPath(); context.moveTo(x - 5, 1); context.lineTo(x + 5, 1); context.lineTo(x, 10); context.closePath();
              context.fill();
              if (colour === colours.bad) context.fillRect(x - 1, 0, 2, height);
            }
          }
          context.fillStyle = colours.ink;
          context.fillRect(edge + view.time / total * length - 1, 0, 2, height);
        }

        function draw() { drawMap(); drawStrip(); }
        """#
}
