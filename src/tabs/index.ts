/// <reference lib="esnext.disposable" />

export { type SharedSocket, type ShareOptions, shareAcrossTabs } from './share-across-tabs.js';
