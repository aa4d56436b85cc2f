// SPDX-License-Identifier: BSD-3-Clause

// Consumer is a program of somebody else's, in a module of its own.
package main

import (
	"fmt"
	"log"

	upnvme "github.com/upnvme/upnvme/go"
)

func main() {
	ctrlr, err := upnvme.Open("soft:ram?size=1MiB&block=512")
	if err != nil {
		log.Fatal(err)
	}
	defer ctrlr.Close()
	ns, err := ctrlr.Namespace(1)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := ns.WriteAt([]byte("Hello, NVMe!"), 777); err != nil {
		log.Fatal(err)
	}
	text := make([]byte, 12)
	if _, err := ns.ReadAt(text, 777); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s %s\n", text, upnvme.Version())
}
