{% macro audiences() -%}
    {{- check_audiences() -}}
    {{ return(var('audiences')) }}
{%- endmacro %}


{% macro check_audiences() -%}
    {%- set audiences = var('audiences') -%}
    {%- if audiences is string or audiences is not iterable or not audiences -%}
        {{ refuse_audiences('list some', audiences) }}
    {%- endif -%}
    {%- set names = [] -%}
    {%- for audience in audiences -%}
        {%- set keys = ['name', 'title', 'department', 'condition'] -%}
        {%- if
            audience is not mapping
            or audience | reject('in', keys) | list
            or audience.values() | reject('string') | list
            or not (audience.name and audience.title and audience.condition)
        -%}
            {{ refuse_audiences(
                'have a name, a title, a condition and perhaps a department each', audience
            ) }}
        {%- endif -%}
        {%- if
            audience.name in names or not modules.re.match('[a-z][a-z0-9_]*$', audience.name)
        -%}
            {{ refuse_audiences(
                'have different names of small letters, digits and underscores', audience.name
            ) }}
        {%- endif -%}
        {%- do names.append(audience.name) -%}
        {{- check_audience_condition(audience) -}}
    {%- endfor -%}
{%- endmacro %}


{% macro check_audience_condition(audience) -%}
    {%- set columns = audience_columns(audience) -%}
    {%- set keywords = [
        'and', 'or', 'not', 'in', 'is', 'null', 'true', 'false', 'between', 'like', 'case',
        'when', 'then', 'else', 'end', 'coalesce', 'lower',
    ] -%}
    {%- set bare = modules.re.sub("'(?:[^']|'')*'", '', audience.condition) -%}
    {%- for word in modules.re.findall('[A-Za-z_][\\w.]*', bare)
        if columns and word not in columns and word | lower not in keywords -%}
        {{ refuse_audiences(
            'name columns of dim_customers as customers.<column> and, with a department,'
            ~ ' of fct_customer_departments as bought.<column>',
            word ~ ' in ' ~ audience.name,
        ) }}
    {%- endfor -%}
{%- endmacro %}


{% macro audience_columns(audience) -%}
    {%- set tables = {'dim_customers': 'customers.'} -%}
    {%- if audience.department -%}
        {%- do tables.update({'fct_customer_departments': 'bought.'}) -%}
    {%- endif -%}
    {%- set columns = [] -%}
    {#- In a unit test the graph is empty. #}
    {%- for node in graph.get('nodes', {}).values()
        if execute and node.resource_type == 'model' and node.name in tables -%}
        {%- for column in node.columns -%}
            {%- do columns.append(tables[node.name] ~ column) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(columns) }}
{%- endmacro %}


{% macro refuse_audiences(expected, found) -%}
    {{ exceptions.raise_compiler_error(
        "dbt_project.yml: expected audiences to " ~ expected ~ ", found " ~ found
        ~ "; correct it."
    ) }}
{%- endmacro %}


{% macro audience_list() -%}
    {%- for audience in audiences() %}

    select
        '{{ audience.name }}' as audience,
        cast({{ loop.index }} as integer) as audience_number,
        {{ text_literal(audience.title) }} as title,
        {{ text_literal(audience.department | default('') | lower) }} as own_department
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
{%- endmacro %}


{% macro audience_members(customers, departments, customer_departments) -%}
    {%- for audience in audiences() %}

    select
        '{{ audience.name }}' as audience,
        customers.customer_id

    from {{ customers }} as customers
    {%- if audience.department %}

    inner join {{ departments }} as departments
        on lower(departments.department) = {{ text_literal(audience.department | lower) }}

    left join {{ customer_departments }} as bought
        on
            customers.customer_id = bought.customer_id
            and departments.department_id = bought.department_id
    {%- endif %}

    where {{ audience.condition }}
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
{%- endmacro %}


{% macro audience_conditions() -%}
    {%- set rows = [] -%}
    {%- for audience in audiences() -%}
        {%- set measure = 'customers, and bought in ' ~ audience.department
            if audience.department else 'customers' -%}
        {%- do rows.append([audience.name, measure, audience.condition]) -%}
    {%- endfor -%}
    {{ condition_rows('audience', rows) }}
{%- endmacro %}


{#- Texts that conditions compare columns of customers with, by =, <> or in. -#}
{% macro audience_texts() -%}
    {%- set text = "'(?:[^']|'')*'" -%}
    {%- for audience in audiences() -%}
        {%- for column, texts in modules.re.findall(
            'customers[.](\\w+)\\s*(?:=|<>|!=|(?:not\\s+)?in\\b)\\s*'
            ~ '(' ~ text ~ '|[(]\\s*' ~ text ~ '(?:\\s*,\\s*' ~ text ~ ')*\\s*[)])',
            audience.condition
        ) -%}
            {%- for one in modules.re.findall(text, texts) %}

    select
        '{{ audience.name }}' as audience,
        '{{ column }}' as column_name,
        {{ text_literal(one[1:-1] | replace("''", "'")) }} as label

    union all
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor %}

    select
        cast(null as string) as audience,
        cast(null as string) as column_name,
        cast(null as string) as label
{%- endmacro %}
