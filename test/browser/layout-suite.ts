import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Editor } from "../support/editor";
import { exampleFiles } from "../support/examples";
import { root, type FlowNode } from "../support/node-red-process";
import type { Rig } from "./rig";

export function describeLayout(rig: () => Rig): void {
  describe("the examples in the editor", () => {
    let editor: Editor;
    const imported = new Set<string>();

    before(async () => {
      const { browser, nodeRed } = rig();
      await nodeRed.deploy([]);
      editor = await Editor.open(browser, nodeRed, { viewport: { width: 1900, height: 900 } });
    });
    after(() => editor.close());

    for (const file of exampleFiles) {
      it(`can be read from left to right: ${file}`, async () => {
        const flow = JSON.parse(readFileSync(join(root, "examples", file), "utf8")) as FlowNode[];
        // The examples share their account.
        await editor.import(JSON.stringify(flow.filter(({ id }) => !imported.has(id))));
        for (const { id } of flow) imported.add(id);
        for (const tab of flow.filter(({ type }) => type === "tab")) {
          await editor.page.evaluate(`RED.workspaces.show(${JSON.stringify(tab.id)})`);
          const own = flow.filter(({ z }) => z === tab.id);
          const wires = own.flatMap((node) => (node["wires"] as string[][] | undefined)?.flat() ?? []).length;
          await editor.page.waitForFunction((all) => document.querySelectorAll("path.red-ui-flow-link-line").length === all, wires);
          const nodes = await editor.page.evaluate<Placed[]>(
            "RED.nodes.filterNodes({ z: RED.workspaces.active() }).map(({ id, type, name, x, y, w, h }) => ({ id, type, name, x, y, w, h }))",
          );
          assert.deepEqual(await editor.page.evaluate(findCrossings, nodes), []);
        }
      });
    }
  });
}

interface Placed {
  id: string;
  type: string;
  name: string;
  x: number;
  y: number;
  w: number;
  h: number;
}

/** Runs in the page. @returns nodes that lie on each other, and wires that lie on a node or cross another wire */
function findCrossings(nodes: Placed[]): string[] {
  const near = 5;
  interface Point {
    x: number;
    y: number;
  }
  const wires: { source: Placed; port: number; target: Placed; points: Point[] }[] = [];
  const faults: string[] = [];
  const called = ({ name, type }: Placed) => name || type;
  const covers = ({ x, y, w, h }: Placed, at: { x: number; y: number }, reach: number) =>
    Math.abs(at.x - x) < w / 2 + reach && Math.abs(at.y - y) < h / 2 + reach;
  for (const [i, one] of nodes.entries()) {
    for (const other of nodes.slice(i + 1)) {
      const overlap = Math.abs(one.x - other.x) < (one.w + other.w) / 2 + near && Math.abs(one.y - other.y) < (one.h + other.h) / 2 + near;
      if (overlap) faults.push(`${called(one)} lies on ${called(other)}`);
    }
  }
  for (const path of document.querySelectorAll<SVGPathElement>("path.red-ui-flow-link-line")) {
    const link = Reflect.get(path.parentNode ?? path, "__data__") as { source: Placed; sourcePort: number; target: Placed };
    const points = Array.from({ length: Math.ceil(path.getTotalLength() / 3) }, (_, i) => path.getPointAtLength(3 * i));
    wires.push({ source: link.source, port: link.sourcePort, target: link.target, points });
    for (const point of points) {
      const crossed = nodes.find((node) => covers(node, point, node.id === link.source.id || node.id === link.target.id ? -near : 2));
      if (!crossed) continue;
      faults.push(`the wire from ${called(link.source)} to ${called(link.target)} crosses ${called(crossed)}`);
      break;
    }
  }
  const side = (a: Point, b: Point, c: Point) => (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
  const meet = (one: Point[], other: Point[]) =>
    one.some((a, i) => {
      const b = one[i + 1];
      return other.some((c, j) => {
        const d = other[j + 1];
        if (!b || !d || Math.abs(a.x - c.x) > 6 || Math.abs(a.y - c.y) > 6) return false;
        return side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0;
      });
    });
  for (const [i, one] of wires.entries()) {
    for (const other of wires.slice(i + 1)) {
      // Wires of one output or to one input lie on each other where they begin or end.
      const haveCommonEnd = (one.source.id === other.source.id && one.port === other.port) || one.target.id === other.target.id;
      if (haveCommonEnd || !meet(one.points, other.points)) continue;
      const described = [one, other].map(({ source, target }) => `${called(source)} to ${called(target)}`);
      faults.push(`the wires from ${described.join(" and from ")} cross`);
    }
  }
  return faults;
}
