// SPDX-License-Identifier: BSD-3-Clause

package upnvme

import (
	"errors"
	"os"
	"testing"
)

func TestTheActiveNamespacesAreListed(t *testing.T) {
	c, first := open(t, "soft:ram?size=1MiB&namespaces=3")
	all, err := c.Namespaces()
	must(t, err)
	if len(all) != 3 || all[0] != first {
		t.Fatal(all)
	}
	nsid := uint32(0)
	for i, ns := range all {
		if nsid = c.NextNamespace(nsid); ns.ID() != uint32(i+1) || ns.ID() != nsid || ns.Size() != 1<<20 {
			t.Error(i, ns)
		}
	}
	if c.NextNamespace(nsid) != 0 {
		t.Error("there is one more")
	}
	must(t, c.Close())
	if all, err := c.Namespaces(); !errors.Is(err, os.ErrClosed) || all != nil {
		t.Error(all, err)
	}
	if _, err := (*Controller)(nil).Namespaces(); err == nil {
		t.Error("no controller has namespaces")
	}
}
