/* A program of somebody else's, built against the installed libraries only. */
#include <stdio.h>
#include <string.h>
#include <wanmi/io.h>
#include <wanmi/wanmi.h>

int main(void)
{
    wanmi_error error;
    wanmi_map *map = NULL;
    wanmi_io_report report;
    wanmi_io_report_init(&report);
    wanmi_status status = wanmi_io_map_read("no such file.gpkg", &report, NULL, &map, &error);
    double lon = 0, lat = 0;
    printf("wanmi %s: %s: %s\n", wanmi_version(), wanmi_status_name(status), error.message);
    wanmi_gcj02_from_wgs84(116.4, 39.9, &lon, &lat);
    return status == WANMI_E_IO_OPEN && strstr(error.message, "no such file.gpkg") != NULL ? 0 : 1;
}
