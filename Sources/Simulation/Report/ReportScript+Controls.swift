extension ReportScript {
    /// Buttons, slider and keys.
    static let controlsText = #"""
        const slider = get("time");
        let playing = false, speed = 1, lastFrame = 0, pending = false;

        function redraw() {
          if (pending) return;
          pending = true;
          requestAnimationFrame(() => { pending = false; draw(); });
        }

        function seek(time, keepSlider) {
          view.time = Math.max(0, Math.min(time, view.run.run.ran));
          if (!keepSlider) slider.value = String(Math.round(view.time));
          slider.setAttribute("aria-valuetext", moment(view.time) + " of " + moment(view.run.run.ran));
          redraw();
        }

        function play(on) {
          playing = on;
          if (on) view.chosen = -1;
          if (on && view.time >= view.run.run.ran) seek(0);
          get("play").textContent = on ? "\u275a\u275a Pause" : "\u25b6 Play";
          get("play").setAttribute("aria-pressed", String(on));
          lastFrame = 0;
          if (on) requestAnimationFrame(advance);
        }

        // Whoever wants little motion gets one picture a second.
        function advance(now) {
          if (!playing) return;
          const least = reduced.matches ? 1000 : 0;
          if (!lastFrame) lastFrame = now;
          else if (now - lastFrame > least) {
            seek(view.time + Math.min(now - lastFrame, 1500) * speed);
            lastFrame = now;
            if (view.time >= view.run.run.ran) { play(false); return; }
          }
          requestAnimationFrame(advance);
        }

        function setSpeeds() {
          const select = get("speed"), ran = view.run.run.ran;
          select.textContent = "";
          const choices = [["A tenth of real time", 0.1], ["Real time", 1], ["10 times real time", 10],
            ["100 times real time", 100]].filter((c) => c[1] <= 1 || ran / c[1] > 4000);
          for (const seconds of [20, 60, 180]) choices.push(["All of it in " + seconds + " s", ran / seconds / 1000]);
          for (const choice of choices) select.append(new Option(choice[0], String(choice[1])));
          select.selectedIndex = choices.length - 2;
          setSpeed();
        }

        function setSpeed() {
          speed = Number(get("speed").value) || 1;
          view.trail = Math.max(250, speed * 900);
          redraw();
        }

        // Events

        function nameOf(device) {
          const { run } = view.run, record = run.devices[device];
          if (!record) return "device " + device;
          const name = run.names[record[4]] || "device";
          return name + (name.endsWith(" " + device) ? "" : " " + device) + " (home: house " + record[0] + ")";
        }

        function tell(journey, number) {
          const { run } = view.run, path = journey[5], after = (time) => "+" + span(Math.max(time - journey[1], 0));
          let text = "Event " + (number + 1) + " of " + run.journeys.length + ", emitted at " + moment(journey[1]) + " by " + nameOf(journey[0]) + ". ";
          text += journey[4].length ? "Heard by house" + (journey[4].length > 1 ? "s " : " ") + journey[4].join(", ") + ". " : "";
          const steps = [];
          const main = mainPath(run, journey);
          for (const i of main.slice(0, 16)) steps.push(path[i] + " \u2192 " + path[i + 1] + " " + after(path[i + 2]));
          if (steps.length) text += steps.join(", ") + (main.length > 16 ? " and on" : "") + ". ";
          const besides = path.length / 3 - main.length;
          if (besides > 0) text += "Copies made " + besides + (besides === 1 ? " hop" : " hops") + " besides. ";
          if (journey[2] >= 0) return text + "Delivered " + after(journey[2]) + ".";
          return text + "Not delivered: " + (run.fates[journey[3]] || "unknown") + ".";
        }

        function choose(step) {
          const { order, emitted, run } = view.run;
          if (!order.length) return;
          let place = order.indexOf(view.chosen);
          if (place < 0) place = step > 0 ? lowerBound(emitted, view.time) - 1 : lowerBound(emitted, view.time);
          place = Math.max(0, Math.min(order.length - 1, place + step));
          view.chosen = order[place];
          const journey = run.journeys[view.chosen], path = journey[5];
          play(false);
          seek(journey[2] >= 0 ? journey[2] : path.length ? path[path.length - 1] : journey[1]);
          get("event").textContent = tell(journey, place);
        }

        // Houses

        function bytes(count) {
          return count < 1000 ? count + " B" : count < 1e6 ? (count / 1e3).toPrecision(3) + " kB" : (count / 1e6).toPrecision(3) + " MB";
        }

        function look(index) {
          const { run, links } = view.run, house = run.houses[index];
          view.house = house ? index : -1;
          redraw();
          if (!house) { get("about-house").textContent = ""; return; }
          const neighbours = new Set();
          for (const link of links) {
            if (link[2] > view.time || (link[3] >= 0 && link[3] < view.time)) continue;
            if (link[0] === index) neighbours.add(link[1]);
            if (link[1] === index) neighbours.add(link[0]);
          }
          const names = [...neighbours].sort((a, b) => a - b);
          const flags = stateOf(index);
          const state = (flags & 1 ? ", host lends nothing" : "") + (flags & 2 ? ", its bridge lies" : "") +
            (flags & 4 ? ", without power" : "") + (flags & 8 ? ", a fault in force" : "");
          get("about-house").textContent = "House " + index + " at " + moment(view.time) + state + ". Links: " +
            (names.length ? names.join(", ") : "none") + ". On the air in all: packets " + span(house[6] / 1000) +
            ", upkeep " + span(house[5] / 1000) + ", beacons " + span(house[4] / 1000) + ". Lent " + bytes(house[7]) +
            ", held at most " + house[8] + (house[8] === 1 ? " packet." : " packets.");
        }

        function nearest(event) {
          const area = canvas.getBoundingClientRect(), project = projection(canvas.clientWidth, canvas.clientHeight);
          let best = -1, distance = 900;
          view.run.at.houses.forEach((place, index) => {
            const [x, y] = project.to(place);
            const square = (x - event.clientX + area.left) ** 2 + (y - event.clientY + area.top) ** 2;
            if (square < distance) { distance = square; best = index; }
          });
          return best;
        }

        function zoom(factor) { view.zoom = Math.max(1, Math.min(40, view.zoom * factor)); if (view.zoom === 1) view.east = view.north = 0; redraw(); }
        function move(x, y) {
          const scale = projection(canvas.clientWidth, canvas.clientHeight).scale;
          view.east += x / scale; view.north += y / scale; redraw();
        }

        function show(index) {
          play(false);
          view.run = prepare(runs[index]);
          view.chosen = view.house = -1; view.zoom = 1; view.east = view.north = 0;
          slider.max = String(Math.max(1, Math.round(view.run.run.ran)));
          slider.step = String(Math.max(1, Math.round(view.run.run.ran / 2000)));
          get("house").max = String(Math.max(0, view.run.run.houses.length - 1));
          get("notes").textContent = view.run.run.notes.join(" ");
          get("event").textContent = "Play, move the slider, or choose an event to see its whole way.";
          get("about-house").textContent = "Choose a house on the map or by its number.";
          setSpeeds();
          // Where something was broken, that moment; else one at which events are about.
          const first = view.run.run.broken.length ? view.run.run.broken[0][0] : view.run.hops.length ? view.run.hops[Math.floor(view.run.hops.length / 2)][1] : 0;
          seek(first);
        }

        get("play").addEventListener("click", () => play(!playing));
        get("next").addEventListener("click", () => choose(1));
        get("previous").addEventListener("click", () => choose(-1));
        get("speed").addEventListener("change", setSpeed);
        get("links").addEventListener("change", redraw);
        get("devices").addEventListener("change", redraw);
        slider.addEventListener("input", () => seek(Number(slider.value), true));
        get("house").addEventListener("input", () => look(get("house").value === "" ? -1 : Number(get("house").value)));
        get("closer").addEventListener("click", () => zoom(1.6));
        get("farther").addEventListener("click", () => zoom(1 / 1.6));
        get("whole").addEventListener("click", () => zoom(0));
        const runChoice = get("run-choice");
        if (runChoice) runChoice.addEventListener("change", () => show(Number(runChoice.value)));

        get("player").addEventListener("keydown", (event) => {
          if (event.ctrlKey || event.metaKey || event.altKey) return;
          const kind = event.target.tagName, typed = kind === "SELECT" || event.target.type === "number";
          if (event.key === " " && (event.target === canvas || event.target === slider)) { event.preventDefault(); play(!playing); }
          else if (!typed && (event.key === "n" || event.key === "N")) choose(1);
          else if (!typed && (event.key === "p" || event.key === "P")) choose(-1);
        });
        canvas.addEventListener("keydown", (event) => {
          const step = 60, moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
          if (moves[event.key]) { event.preventDefault(); move(moves[event.key][0], moves[event.key][1]); }
          else if (event.key === "+" || event.key === "=") zoom(1.6);
          else if (event.key === "-") zoom(1 / 1.6);
          else if (event.key === "0") zoom(0);
        });

        let drag = null;
        canvas.addEventListener("pointerdown", (event) => { drag = { x: event.clientX, y: event.clientY, far: false }; canvas.setPointerCapture(event.pointerId); });
        canvas.addEventListener("pointermove", (event) => {
          if (!drag) return;
          const [x, y] = [drag.x - event.clientX, drag.y - event.clientY];
          if (!drag.far && Math.abs(x) + Math.abs(y) < 6) return;
          drag = { x: event.clientX, y: event.clientY, far: true };
          move(x, y);
        });
        canvas.addEventListener("pointerup", (event) => {
          if (drag && !drag.far) { const index = nearest(event); get("house").value = index < 0 ? "" : String(index); look(index); }
          drag = null;
        });
        canvas.addEventListener("pointercancel", () => { drag = null; });

        matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { readColours(); redraw(); });
        new ResizeObserver(redraw).observe(canvas);
        readColours();
        show(0);
        """#
}
