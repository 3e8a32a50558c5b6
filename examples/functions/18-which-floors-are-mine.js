/**
 * Which floors are mine?
 *
 * Each worker has a topic on which the broker keeps what that worker holds: a list of floors, [] at its birth, null from its last will.
 * A floor stays with the worker that holds it. One that nobody holds goes to the first worker that is up, beginning with the floor's own:
 * WORKERS and FLOORS are lists in the same order. What was taken over is handed back by hand only, as that may cut a sentence.
 */
module.exports = function (msg, node, context, flow, env) {
  const me = env.get("WORKER");
  const workers = env.get("WORKERS").split(",");
  const floors = env.get("FLOORS").split(",");
  const kept = flow.get("held") || {};
  const had = context.get("mine") || [];
  const held = { ...kept, [me]: had };
  const isUp = (worker) => Array.isArray(held[worker]);

  const mine = floors.filter((floor, place) => {
    const order = workers.map((_, next) => workers[(place + next) % workers.length]).filter((worker) => isUp(worker));
    if (msg.handBack) return order[0] === me;
    return (order.find((worker) => held[worker].includes(floor)) || order[0]) === me;
  });
  context.set("mine", mine);
  node.status({ text: mine.join(", ") });

  const filter = (floor) => env.get("FILTER").replace("%", floor);
  const left = had.filter((floor) => !mine.includes(floor));
  const taken = mine.filter((floor) => !had.includes(floor));
  const subscriptions = [
    ...left.map((floor) => ({ action: "unsubscribe", topic: filter(floor) })),
    ...taken.map((floor) => ({ action: "subscribe", topic: { topic: filter(floor), qos: 0, datatype: "buffer" } })),
  ];
  // Also where nothing has changed for me: at a reconnection the broker has published my birth again.
  const isKnown = isUp(me) && JSON.stringify(kept[me]) === JSON.stringify(mine);
  return [subscriptions, isKnown ? null : { topic: me, payload: mine, retain: true, qos: 1 }];
};
