/** "Test microphone": the level while the deployed node's microphone is recorded, then what it has recorded. */
// oxlint-disable-next-line no-unused-vars
const MicrophoneTrial = (() => {
  type Line = import("./microphone-trial-route").TrialLine;

  /** Below it, a microphone's status says "quiet", too: see lib/microphone/status.ts. */
  const QUIET_DBFS = -53;

  /** @returns what ends a trial that runs, and forgets what was recorded */
  function prepare(id: string, translate: (key: string, values?: Record<string, string | number>) => string): () => void {
    const [button, line, level] = [$("#assemblyai-microphone-try"), $("#assemblyai-microphone-trial"), $("#assemblyai-microphone-level")];
    const quiet = $("#assemblyai-microphone-quiet");
    const player = $<HTMLAudioElement>("#assemblyai-microphone-heard");
    let request: JQuery.jqXHR | undefined;

    const showLevel = (dbfs: number | undefined) => {
      const title = dbfs === undefined ? translate("label.level") : `${Form.written(Math.round(dbfs))} dBFS`;
      level.val(dbfs ?? "").attr({ value: dbfs ?? -70, title });
      quiet.text(dbfs !== undefined && dbfs < QUIET_DBFS ? translate("test.quiet") : "").attr("title", title);
    };
    const forget = () => {
      player.prop("hidden", true).removeAttr("src");
      player[0]?.load();
    };
    const play = (wav: string) => {
      player.attr("src", `data:audio/wav;base64,${wav}`).prop("hidden", false);
      player[0]?.play().catch(() => undefined); // a browser may want a click of its own: there is a button for it
    };
    const show = (told: Line) => {
      switch (told.type) {
        case "level":
          showLevel(told.dbfs);
          return Form.say(line, translate("test.running", { seconds: Math.ceil(told.secondsLeft) }));
        case "recorded":
          play(told.wav);
          return Form.say(line, translate("test.heard"), "good");
        case "failed": {
          const { key, values } = told.error;
          return Form.say(line, RED._(`node-red-contrib-assemblyai/assemblyai-config:errors.${key}`, values), "bad");
        }
        case "busy":
          return Form.say(line, translate("test.busy"), "bad");
        case "undeployed":
          return Form.say(line, translate("test.undeployed"), "bad");
        case "closed":
          return Form.say(line, translate("test.closed"), "bad");
      }
    };

    button.on("click", (event) => {
      event.preventDefault();
      forget();
      button.prop("disabled", true);
      Form.say(line, translate("test.starting"));
      let shown = 0;
      /** The answer comes in lines. */
      const read = (text: string) => {
        const end = text.lastIndexOf("\n");
        if (end < shown) return;
        for (const each of text.slice(shown, end).split("\n")) show(JSON.parse(each) as Line);
        shown = end + 1;
      };
      request = $.ajax({
        url: `assemblyai-microphone/${encodeURIComponent(id)}/trial`,
        type: "POST",
        contentType: "application/json",
        data: JSON.stringify({ device: Form.valueOf($("#node-input-device")), sampleRate: Form.valueOf($("#node-input-sampleRate")) }),
        dataType: "text",
        xhr: () => {
          const xhr = new XMLHttpRequest();
          xhr.addEventListener("progress", () => read(xhr.responseText));
          return xhr;
        },
      })
        .done(read)
        .fail(({ status, statusText }) => {
          if (statusText !== "abort") Form.say(line, translate("test.failed", { status }), "bad");
        })
        .always(() => {
          button.prop("disabled", false);
          showLevel(undefined);
        });
    });
    return () => {
      request?.abort();
      forget();
    };
  }

  return { prepare };
})();
