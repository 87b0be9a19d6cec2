/**
 * The file server apart from the sync protocol: finding it, reading ranges and uploading by links, and the raw upload
 * of many blocks at once. Knows links and bytes; which path or version they belong to is the caller's business.
 */
export { downloadRange } from './download.ts';
export { baseOfLink, type DiscoverOptions, discoverFileServer, type FileServer } from './file-server.ts';
export { type RawBlock, RawBlockUpload } from './raw-blocks.ts';
export { type Upload, type Uploaded, uploadFile } from './upload.ts';
