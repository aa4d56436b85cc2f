module github.com/upnvme/upnvme/go

go 1.19
