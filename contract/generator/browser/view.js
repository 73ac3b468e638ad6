/** What the console is drawn with, in one file for browsers: the view library, and the service's own reducer, so that a screen and a snapshot cannot disagree. */
export { Fragment, render } from "preact";
export { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
export { html } from "htm/preact";
export { batch, computed, effect, signal, useComputed, useSignal } from "@preact/signals";
export { emptyView, fold } from "../../../src/domain/fold.ts";
