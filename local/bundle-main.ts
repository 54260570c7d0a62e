import { bundle } from '../infra/bundle/bundle.ts'

/** Bundles the services into a folder: `node bundle-main.ts <folder>`. */
bundle(process.argv[2])
